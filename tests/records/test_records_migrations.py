"""The migrations make exactly the tables that the models describe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from records.models import Base
from records.store import Records, alembic_config


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def checks(connection: Connection) -> set[str | None]:
    found = inspect(connection)
    return {
        c["name"] for table in found.get_table_names() for c in found.get_check_constraints(table)
    }


def test_an_empty_database_becomes_what_the_models_say(empty_records: Records) -> None:
    empty_records.migrate()
    with empty_records.engine.connect() as connection:
        assert differences(connection) == []
        assert checks(connection) == {
            "ck_orgs_plan",
            "ck_people_email_lower",
            "ck_people_staff_role",
            "ck_memberships_role",
            "ck_saved_views_shared_in_an_org",
            "ck_exports_export_state",
            "ck_alert_states_alert_state",
            "ck_alert_evaluations_alert_evaluation_state",
            "ck_alert_silences_silence_lasts",
            "ck_alert_channels_channel_kind",
            "ck_alert_notifications_notification_kind",
            "ck_alert_notifications_notification_state",
            "ck_alert_inbox_inbox_severity",
        }


def test_migrating_again_changes_nothing(records: Records) -> None:
    records.migrate()
    with records.engine.connect() as connection:
        assert differences(connection) == []


def test_processes_that_start_together_migrate_once(records_url: str) -> None:
    stores = [Records(records_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Records.migrate, stores))
    assert stores[0].reachable()
    for store in stores:
        store.close()


def test_there_is_one_newest_form(records: Records) -> None:
    with records.engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
        assert len(script.get_heads()) == 1
        assert MigrationContext.configure(connection).get_current_heads() == tuple(
            script.get_heads()
        )
