"""Records: the small transactional database of orgs, people, keys, sessions and the audit log."""
