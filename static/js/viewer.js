// The document viewer: page images drawn by the server, moved about by us. No PDF engine runs here.

const MIN = 0.1;
const MAX = 8;
const MARGIN = 16;

export class Viewer {
  constructor(root, seen) {
    this.root = root;
    this.stage = root.querySelector("[data-stage]");
    this.sheet = root.querySelector("[data-sheet]");
    this.image = root.querySelector("[data-image]");
    this.links = [...root.querySelectorAll("a[data-document]")];
    this.pinned = false;
    this.turn = 0;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.page = 1;
    this.seen = seen;
    if (!this.sheet) return;
    this.current = this.links.find((link) => link.hasAttribute("aria-current")) || this.links[0];
    root.classList.add("armed");
    root.querySelector("[data-tools]").removeAttribute("hidden");
    this.listen();
    this.showPages();
    if (this.image.complete && this.image.naturalWidth) this.loaded();
  }

  listen() {
    this.image.addEventListener("load", () => this.loaded());
    this.root.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-document]");
      if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        this.show(link);
      }
      const tool = event.target.closest("[data-v]");
      if (tool) this.act(tool.dataset.v);
    });
    this.stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = this.stage.getBoundingClientRect();
      this.zoom(event.deltaY < 0 ? 1.12 : 1 / 1.12, event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    this.drag();
    this.stage.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (!way) return;
      event.preventDefault();
      this.x += way[0];
      this.y += way[1];
      this.paint();
    });
    addEventListener("resize", () => this.fit());
  }

  drag() {
    let grip = null;
    this.stage.addEventListener("pointerdown", (event) => {
      grip = [event.clientX - this.x, event.clientY - this.y];
      this.stage.setPointerCapture(event.pointerId);
      this.stage.classList.add("drag");
    });
    this.stage.addEventListener("pointermove", (event) => {
      if (!grip) return;
      this.x = event.clientX - grip[0];
      this.y = event.clientY - grip[1];
      this.paint();
    });
    ["pointerup", "pointercancel"].forEach((name) => this.stage.addEventListener(name, () => {
      grip = null;
      this.stage.classList.remove("drag");
    }));
  }

  loaded() {
    this.width = this.image.naturalWidth;
    this.height = this.image.naturalHeight;
    this.fit();
    this.seen(this.current, this.page);
  }

  size() {
    return this.turn % 180 ? [this.height, this.width] : [this.width, this.height];
  }

  fit(how = "fit") {
    if (!this.width) return;
    const [wide, tall] = this.size();
    const room = [this.stage.clientWidth - 2 * MARGIN, this.stage.clientHeight - 2 * MARGIN];
    this.scale = how === "width" ? room[0] / wide : Math.min(room[0] / wide, room[1] / tall);
    this.x = (this.stage.clientWidth - wide * this.scale) / 2;
    this.y = how === "width" ? MARGIN : (this.stage.clientHeight - tall * this.scale) / 2;
    this.paint();
  }

  zoom(factor, cx = this.stage.clientWidth / 2, cy = this.stage.clientHeight / 2) {
    const next = Math.min(MAX, Math.max(MIN, this.scale * factor));
    this.x = cx - ((cx - this.x) * next) / this.scale;
    this.y = cy - ((cy - this.y) * next) / this.scale;
    this.scale = next;
    this.paint();
  }

  paint() {
    const { width, height } = this;
    const turned = {
      0: "",
      90: `translate(${height}px,0) rotate(90deg)`,
      180: `translate(${width}px,${height}px) rotate(180deg)`,
      270: `translate(0,${width}px) rotate(270deg)`,
    }[this.turn];
    this.sheet.style.width = `${width}px`;
    this.sheet.style.height = `${height}px`;
    this.sheet.style.transform = `translate(${this.x}px,${this.y}px) scale(${this.scale}) ${turned}`;
    this.root.querySelector("[data-zoom]").textContent = `${Math.round(this.scale * 100)}%`;
  }

  show(link, page = 1) {
    if (!link || (link === this.current && page === this.page)) return;
    this.links.forEach((other) => other.removeAttribute("aria-current"));
    link.setAttribute("aria-current", "true");
    if (link !== this.current) this.turn = 0;
    this.current = link;
    this.page = page;
    this.image.src = link.dataset.base.replace(/0\/$/, `${page}/`);
    this.image.alt = link.dataset.name;
    this.root.querySelector("[data-caption]").textContent = link.dataset.name;
    this.stage.querySelector("[data-digest]").textContent = link.dataset.digest;
    this.showPages();
  }

  // A field asks for its document; a pinned document stays.
  follow(id) {
    if (this.pinned || !id) return;
    const link = this.links.find((other) => other.dataset.document === id);
    if (link && link !== this.current) this.show(link);
  }

  showPages() {
    const total = Number(this.current.dataset.pages);
    this.root.querySelector("[data-leaves]").toggleAttribute("hidden", total < 2);
    this.root.querySelector("[data-page-no]").textContent = `${this.page} / ${total}`;
  }

  leaf(step) {
    const page = this.page + step;
    if (page >= 1 && page <= Number(this.current.dataset.pages)) this.show(this.current, page);
  }

  toggle(name) {
    const tool = this.root.querySelector(`[data-v="${name}"]`);
    const on = tool.getAttribute("aria-pressed") !== "true";
    tool.setAttribute("aria-pressed", String(on));
    return on;
  }

  act(name) {
    const acts = {
      in: () => this.zoom(1.25),
      out: () => this.zoom(0.8),
      fit: () => this.fit(),
      width: () => this.fit("width"),
      rotate: () => {
        this.turn = (this.turn + 90) % 360;
        this.fit();
      },
      grey: () => this.sheet.classList.toggle("gray", this.toggle("grey")),
      pin: () => {
        this.pinned = this.toggle("pin");
      },
      back: () => this.leaf(-1),
      forward: () => this.leaf(1),
    };
    if (this.sheet && acts[name]) acts[name]();
  }
}
