"""What happened to alerts, and why each evaluation spoke or stayed silent."""
