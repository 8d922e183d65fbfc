"""All children together: started, kept alive, stopped in order."""

import itertools
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from anxin.supervisor import procfs
from anxin.supervisor.errors import Stopped, Trouble
from anxin.supervisor.home import Home
from anxin.supervisor.processes import Child, Program

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a dead child is started again
SETTLED = 60.0  # a child that ran this long starts afresh with the first delay
TRIES_TO_COME_UP = 4
TICK = 0.05
LOGS_EVERY = 300  # turns of 0.2 s


@dataclass
class Post:
    """A place in the crew: the program, who fills it now, and when the next may try."""

    program: Program
    child: Child | None
    deaths: int = 0
    next_try: float = 0.0
    returning: bool = False  # started again, not yet answering


class Crew:
    def __init__(self, home: Home, say: Callable[[str], None]) -> None:
        self._home = home
        self._say = say
        self._posts: dict[str, Post] = {}
        self.stop_wanted = False

    def obey_signals(self) -> None:
        """Ctrl-C, SIGTERM and, unless nohup says otherwise, a closed terminal: an orderly stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda *_: setattr(self, "stop_wanted", True))

    def pid(self, name: str) -> int | None:
        """The process number of this child, None while it is down."""
        child = self._posts[name].child
        return child.pid if child else None

    def clear(self) -> None:
        """End what a killed supervisor of this home left running."""
        left = [one for path in self._home.run.glob("*.pid") for one in procfs.recorded(path)]
        if left:
            self._say(f"ending {len(left)} processes that an earlier run left behind")
            procfs.end(left, signal.SIGTERM, patience=10)

    def start(self, *programs: Program) -> None:
        """Start them side by side; `await_ready` waits for them."""
        for program in programs:
            self._posts[program.name] = Post(program, Child(program, self._home))

    def await_ready(self, *names: str, timeout: float = 60.0) -> None:
        """Returns when all of these answer. Raises Trouble with the end of the log if one won't."""
        begun = time.monotonic()
        waiting = list(names)
        while waiting:
            self.tend()
            for name in list(waiting):
                post = self._posts[name]
                if post.child and post.program.ready():
                    waiting.remove(name)
                    self._say(f"{name:<16} ready  {time.monotonic() - begun:5.1f} s")
                elif post.deaths >= TRIES_TO_COME_UP or time.monotonic() - begun > timeout:
                    tail = post.child.tail() if post.child else ""
                    raise Trouble(f"{name} does not come up; {self._home.logs}/{name}.log:\n{tail}")
            self.pause(TICK)

    def run(self, name: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> None:
        """Run a command to its end. Raises Trouble with its last lines when it fails."""
        self.finish(self.launch(name, arguments, environment))

    def launch(
        self, name: str, arguments: tuple[str, ...], environment: Mapping[str, str]
    ) -> Child:
        """Start a command without waiting for its end."""
        return Child(Program(name, arguments, environment), self._home)

    def finish(self, command: Child) -> None:
        try:
            while (status := command.result()) is None:
                self.tend()
                self.pause(TICK)
        except Stopped:
            command.ask_to_stop()
            command.wait_or_kill()
            raise
        name = command.program.name
        if status:
            raise Trouble(f"{name} failed ({_cause(status)}):\n{command.tail()}")
        self._say(f"{name:<16} done   {time.monotonic() - command.started:5.1f} s")

    def tend(self) -> None:
        """Start again what has died, each with its own growing delay."""
        now = time.monotonic()
        for post in self._posts.values():
            if post.child:
                self._look_after(post, now)
            elif now >= post.next_try:
                self._fill(post)

    def keep_alive(self) -> None:
        """Until somebody asks to stop; then raises Stopped."""
        for turn in itertools.count():
            self.tend()
            if turn % LOGS_EVERY == 0:
                self._shorten_logs()
            self.pause(0.2)

    def pause(self, seconds: float) -> None:
        if self.stop_wanted:
            raise Stopped
        time.sleep(seconds)

    def stop(self) -> None:
        """The sites and workers first, the database last; each has its patience, then SIGKILL."""
        posts = [post for post in self._posts.values() if post.child]
        for tier in sorted({post.program.tier for post in posts}, reverse=True):
            children = [post.child for post in posts if post.program.tier == tier and post.child]
            for child in children:
                child.ask_to_stop()
            for child in children:
                child.wait_or_kill()
        self._posts.clear()

    def _shorten_logs(self) -> None:
        for post in self._posts.values():
            if post.child:
                post.child.shorten_log()

    def _fill(self, post: Post) -> None:
        try:
            post.child = Child(post.program, self._home)
            post.returning = True
        except (Trouble, OSError) as error:
            self._try_later(post, f"cannot start: {error}")

    def _try_later(self, post: Post, reason: str) -> None:
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(post.deaths, 10))
        post.deaths += 1
        post.next_try = time.monotonic() + delay
        self._say(f"{post.program.name} {reason}; again in {delay:g} s")

    def _look_after(self, post: Post, now: float) -> None:
        assert post.child is not None
        status = post.child.result()
        if status is None:
            if post.returning and post.program.ready():
                post.returning = False
                self._say(f"{post.program.name} is back")
            return
        if now - post.child.started > SETTLED:
            post.deaths = 0
        self._try_later(post, f"ended ({_cause(status)})")
        if tail := post.child.tail(5):
            self._say(tail)
        post.child = None


def _cause(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
