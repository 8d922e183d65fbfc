"""The WSGI entry of both sites; ANXIN_SITE says which one this process is."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.settings")

application = get_wsgi_application()
