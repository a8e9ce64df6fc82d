"""Below the duration: how long things take, and where the time goes."""
