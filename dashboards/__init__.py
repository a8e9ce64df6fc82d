"""The reading house: what a person sees. Every tab is a room of layout, callbacks and views."""
