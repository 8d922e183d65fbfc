"""One look for every form field."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Fields are drawn by `templates/forms/field.html`."""

    field_template_name = "forms/field.html"
