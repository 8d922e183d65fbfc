"""One look for every form field."""

from django.forms import CheckboxSelectMultiple
from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Fields are drawn by `templates/forms/field.html`."""

    field_template_name = "forms/field.html"


class Ticks(CheckboxSelectMultiple):
    """Several of a list, each with its box."""

    template_name = "forms/ticks.html"
