"""The operator's door: make organisations, people and ingest keys from the command line.

python -m admin org acme "Acme Robotics" --plan pro
python -m admin person alice@acme.example "Alice" --org acme --role owner
python -m admin person ada@alias.example "Ada" --staff alias_admin
python -m admin key acme "checkout service"
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence

import settings as settings_module
from access import people
from access.clock import utc_now
from access.errors import AccessError
from access.keys import issue
from alerts import starter
from records.errors import RecordsError
from records.store import Records


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command on the records of the settings; returns the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        settings = settings_module.load()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        records = Records(settings.records_database)
        records.migrate()
        print(asked.run(records, asked))  # noqa: T201
    except (AccessError, RecordsError, settings_module.SettingsError, OSError) as error:
        print(f"admin: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def make_org(records: Records, asked: argparse.Namespace) -> str:
    with records.session() as session:
        people.create_org(session, asked.slug, asked.name, asked.plan)
        starter.give(session, asked.slug, utc_now())
    return f"Made the organisation {asked.slug}."


def make_person(records: Records, asked: argparse.Namespace) -> str:
    password = _password()
    with records.session() as session:
        person = people.create_person(session, asked.email, asked.name, password, asked.staff)
        if asked.org:
            people.add_member(session, person, asked.org, asked.role)
    return f"Made {asked.email}; they can sign in now."


def make_key(records: Records, asked: argparse.Namespace) -> str:
    secret = issue(records, asked.org, asked.name, None).secret
    return f"{secret}\nThis key is shown only now. Send it as: Authorization: Bearer <key>"


def _password() -> str:
    """The first line of the input, asked for twice where a person types it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise AccessError("The two passwords differ. Try again.")
    return password


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m admin", description="Make organisations, people and ingest keys."
    )
    commands = parser.add_subparsers(required=True, metavar="org | person | key")
    org = commands.add_parser("org", help="make an organisation")
    org.add_argument("slug", help="its id in data and URLs: a-z, 0-9 and hyphens; never changes")
    org.add_argument("name")
    org.add_argument("--plan", choices=["free", "pro", "enterprise"], default="free")
    org.set_defaults(run=make_org)
    person = commands.add_parser("person", help="make a person; the password is asked for")
    person.add_argument("email")
    person.add_argument("name")
    person.add_argument("--org", help="slug of the organisation they belong to")
    person.add_argument("--role", choices=["owner", "admin", "member"], default="member")
    person.add_argument("--staff", choices=["alias_admin", "alias_support"])
    person.set_defaults(run=make_person)
    key = commands.add_parser("key", help="make an ingest key of an organisation")
    key.add_argument("org")
    key.add_argument("name", help="what will send with it")
    key.set_defaults(run=make_key)
    return parser


if __name__ == "__main__":
    sys.exit(main())
