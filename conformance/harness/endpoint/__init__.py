"""The configuration: endpoints, their settings, and the secrets that are masked everywhere."""
