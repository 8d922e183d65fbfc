"""Settings of a test run: its own state directory first, then the one settings file."""

from tests.support.services import set_environment

set_environment()

from anxin.settings import *  # noqa: E402, F403 -- reads the environment just set

PASSWORD_HASHERS = ["tests.support.hashers.QuickArgon2"]
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405 -- whitenoise warns when it is not there
