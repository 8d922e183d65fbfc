"""Programs that others would use, run beside ours in virtual environments of their own."""
