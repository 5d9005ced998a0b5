"""Checks of promises that services make beyond PS3.18 or more narrowly, each judged under the profile that names it."""
