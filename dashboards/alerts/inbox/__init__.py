"""The inbox of notices, and the bell that counts those unread."""
