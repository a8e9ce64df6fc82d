"""A trace against its cohort."""
