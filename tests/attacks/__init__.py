"""Attacks: servers, folders and disks that would make the suite harm data, tell a secret or say what is not so."""
