"""From stage to core: one transaction a batch, with its quarantined rows, vault entries, ledger move and outbox event."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from labour_market.batches import ledger
from labour_market.batches.ledger import Batch
from labour_market.batches.periods import period_bounds
from labour_market.batches.states import BatchState
from labour_market.contracts import Contract
from labour_market.database.locks import partition_publish, transaction_lock
from labour_market.database.tables import core_columns, partition_key


@dataclass(frozen=True)
class Published:
    """How the records of a published batch were divided; the four sum to the records parsed."""

    published: int
    quarantined: int
    duplicate: int
    superseded: int


def newer_published(connection: psycopg.Connection, batch: Batch) -> int | None:
    """The batch with a higher sequence that already stands for this partition, if there is one."""
    row = connection.execute(
        "select batch_id from ops.batch where feed = %s and sender_code = %s and period = %s and sequence > %s"
        " and state = 'published' order by sequence desc limit 1",
        [batch.feed, batch.sender_code, batch.period, batch.sequence],
    ).fetchone()
    return int(row[0]) if row else None


def publish_batch(
    connection: psycopg.Connection, contract: Contract, batch: Batch, attempt: int, stage_table: str, actor: str
) -> Published | None:
    """Publish one audited batch in one transaction; None when a newer sequence stands already (then it is superseded).

    stage_table: stage.<stage_table> holds the rows, stage.<stage_table>_failures the rows that rules keep out.
    Raises ledger.StaleAttemptError when another attempt took the batch.
    """
    with connection.transaction():
        transaction_lock(connection, partition_publish(batch.feed, batch.sender_code, batch.period))
        newer = newer_published(connection, batch) if contract.mode == "snapshot" else None
        if newer:
            ledger.move(
                connection,
                batch.batch_id,
                attempt,
                BatchState.SUPERSEDED,
                actor,
                superseded_by=newer,
                records_superseded=batch.declared_records,
            )
            return None
        _put_aside(connection, contract, batch, stage_table)
        if contract.mode == "snapshot":
            closed, superseded = _replace_partition(connection, contract, batch, stage_table), 0
        else:
            closed, superseded = _supersede_keys(connection, contract, batch, stage_table)
        counts = _count(connection, batch, superseded)
        _fill_vault(connection, contract, batch, stage_table)
        connection.cursor().executemany(
            "insert into ops.outbox (batch_id, feed, sender_code, period) values (%s, %s, %s, %s)",
            [(batch.batch_id, batch.feed, batch.sender_code, period) for period in sorted({batch.period, *closed})],
        )
        ledger.move(
            connection,
            batch.batch_id,
            attempt,
            BatchState.PUBLISHED,
            actor,
            records_published=counts.published,
            records_quarantined=counts.quarantined,
            records_duplicate=counts.duplicate,
            records_superseded=counts.superseded,
            reason_rule=None,
            reason_vi=None,
            reason_en=None,
            remedy_vi=None,
        )
        if contract.mode == "snapshot":
            _supersede_older(connection, batch, actor)
    return counts


def _kept(stage_table: str) -> sql.Composed:
    return sql.SQL("not exists (select from stage.{} as f where f.batch_id = s.batch_id and f.row_no = s.row_no)").format(
        sql.Identifier(f"{stage_table}_failures")
    )


def _insert(contract: Contract, batch: Batch, stage_table: str, recorded_to: sql.Composable) -> sql.Composed:
    valid_from, valid_to = period_bounds(batch.period)
    until = sql.Literal(valid_to) if contract.mode == "snapshot" else sql.SQL("'infinity'::date")
    return sql.SQL(
        "insert into core.{feed} ({columns}) select s.batch_id, s.row_no, s.sender_code, s.period, s.sequence,"
        " {valid_from}, {valid_to}, now(), {recorded_to}, {fields} from stage.{stage} as s where s.batch_id = {batch} and {kept}"
    ).format(
        feed=sql.Identifier(contract.feed),
        columns=sql.SQL(", ").join(map(sql.Identifier, core_columns(contract))),
        valid_from=sql.Literal(valid_from),
        valid_to=until,
        recorded_to=recorded_to,
        fields=sql.SQL(", ").join(sql.SQL("s.{}").format(sql.Identifier(f.name)) for f in contract.core_fields),
        stage=sql.Identifier(stage_table),
        batch=sql.Literal(batch.batch_id),
        kept=_kept(stage_table),
    )


def _replace_partition(connection: psycopg.Connection, contract: Contract, batch: Batch, stage_table: str) -> list[str]:
    """A snapshot is the whole truth of its period: what stood there ends now, down to nothing for an empty delivery."""
    connection.execute(
        sql.SQL("update core.{} set recorded_to = now() where sender_code = %s and period = %s and recorded_to = 'infinity'").format(
            sql.Identifier(contract.feed)
        ),
        [batch.sender_code, batch.period],
    )
    connection.execute(_insert(contract, batch, stage_table, sql.SQL("'infinity'")))
    return []


def _supersede_keys(connection: psycopg.Connection, contract: Contract, batch: Batch, stage_table: str) -> tuple[list[str], int]:
    """Per key the record of the latest period and sequence is current; an older one is kept but never current.

    Returns the periods whose current rows were closed and the number of records that came too late to be current.
    """
    same_key = sql.SQL(" and ").join(
        sql.SQL("c.{0} is not distinct from s.{0}").format(sql.Identifier(column)) for column in partition_key(contract)
    )
    names = {"feed": sql.Identifier(contract.feed), "stage": sql.Identifier(stage_table), "same_key": same_key}
    valid_from, _ = period_bounds(batch.period)
    values = {
        "batch": batch.batch_id,
        "sender": batch.sender_code,
        "valid_from": valid_from,
        "sequence": batch.sequence,
    }
    closed = connection.execute(
        sql.SQL(
            "update core.{feed} as c set recorded_to = now() from stage.{stage} as s"
            " where s.batch_id = %(batch)s and c.sender_code = %(sender)s and c.recorded_to = 'infinity' and {same_key}"
            " and (c.valid_from, c.sequence) <= (%(valid_from)s, %(sequence)s) and {kept} returning c.period"
        ).format(**names, kept=_kept(stage_table)),
        values,
    ).fetchall()
    late = sql.SQL(
        "case when exists (select from core.{feed} as c where c.recorded_to = 'infinity' and {same_key}) then now() else 'infinity' end"
    ).format(**names)
    connection.execute(_insert(contract, batch, stage_table, late))
    row = connection.execute(
        sql.SQL("select count(*) from core.{feed} where batch_id = %(batch)s and recorded_to = recorded_from").format(**names),
        values,
    ).fetchone()
    return sorted({period for (period,) in closed}), int(row[0]) if row else 0


def _put_aside(connection: psycopg.Connection, contract: Contract, batch: Batch, stage_table: str) -> None:
    """Copy the rows that rules keep out into quarantine; a replay replaces what nobody has decided yet."""
    connection.execute("delete from quarantine.rejected_row where batch_id = %s and status = 'open'", [batch.batch_id])
    actions = {rule.id: rule.action for rule in contract.rules}
    connection.execute(
        sql.SQL(
            "insert into quarantine.rejected_row (batch_id, row_no, rule_id, feed, sender_code, period, action, column_name,"
            " value_class) select f.batch_id, f.row_no, f.rule_id, %(feed)s, %(sender)s, %(period)s, a.action,"
            " coalesce(f.column_name, ''), coalesce(f.value_class, '') from stage.{} as f"
            " join unnest(%(rules)s::text[], %(actions)s::text[]) as a (rule_id, action) using (rule_id)"
            " where f.batch_id = %(batch)s on conflict do nothing"
        ).format(sql.Identifier(f"{stage_table}_failures")),
        {
            "feed": batch.feed,
            "sender": batch.sender_code,
            "period": batch.period,
            "batch": batch.batch_id,
            "rules": list(actions),
            "actions": ["normalise" if a == "normalise" else "quarantine" for a in actions.values()],
        },
    )


def _count(connection: psycopg.Connection, batch: Batch, superseded: int) -> Published:
    row = connection.execute(
        sql.SQL("select count(*) from core.{} where batch_id = %s and recorded_from = now()").format(sql.Identifier(batch.feed)),
        [batch.batch_id],
    ).fetchone()
    aside = connection.execute(
        "select count(*) filter (where quarantined), count(*) filter (where not quarantined) from ("
        " select bool_or(action = 'quarantine') as quarantined from quarantine.rejected_row where batch_id = %s group by row_no"
        ") as rows",
        [batch.batch_id],
    ).fetchone()
    assert row and aside
    return Published(int(row[0]) - superseded, int(aside[0]), int(aside[1]), superseded)


def _fill_vault(connection: psycopg.Connection, contract: Contract, batch: Batch, stage_table: str) -> None:
    """Direct identifiers of published rows go to the vault, and nowhere else; an erased person is not brought back."""
    names = {f.name for f in contract.fields}
    place = {"stage": sql.Identifier(stage_table), "kept": _kept(stage_table)}
    if {"person_key", "national_id", "full_name"} <= names:
        connection.execute(
            sql.SQL(
                "insert into vault.person as v (person_key, person_method, national_id, full_name, birth_date, phone,"
                " first_batch_id, last_batch_id) select distinct on (s.person_key) s.person_key, s.person_method, s.national_id,"
                " s.full_name, s.birth_date, s.phone, s.batch_id, s.batch_id from stage.{stage} as s"
                " where s.batch_id = %(batch)s and s.person_key is not null and {kept}"
                " and not exists (select from vault.erased_person as e where e.person_key = s.person_key)"
                " order by s.person_key, s.row_no on conflict (person_key) do update set full_name = excluded.full_name,"
                " birth_date = excluded.birth_date, phone = coalesce(excluded.phone, v.phone),"
                " last_batch_id = excluded.last_batch_id, last_seen_at = excluded.last_seen_at"
            ).format(**place),
            {"batch": batch.batch_id},
        )
    if {"contact_name", "employer_no"} <= names:
        connection.execute(
            sql.SQL(
                "insert into vault.employer_contact (sender_code, employer_no, contact_name, contact_phone,"
                " contact_email, last_batch_id) select distinct on (s.employer_no) s.sender_code, s.employer_no,"
                " s.contact_name, s.contact_phone, s.contact_email, s.batch_id from stage.{stage} as s"
                " where s.batch_id = %(batch)s and {kept}"
                " order by s.employer_no, s.row_no on conflict (sender_code, employer_no) do update set"
                " contact_name = excluded.contact_name, contact_phone = excluded.contact_phone,"
                " contact_email = excluded.contact_email, last_batch_id = excluded.last_batch_id"
            ).format(**place),
            {"batch": batch.batch_id},
        )


def _supersede_older(connection: psycopg.Connection, batch: Batch, actor: str) -> None:
    older = connection.execute(
        "select batch_id, attempt from ops.batch where feed = %s and sender_code = %s and period = %s and batch_id <> %s"
        " and state = 'published'",
        [batch.feed, batch.sender_code, batch.period, batch.batch_id],
    ).fetchall()
    for batch_id, attempt in older:
        ledger.move(
            connection,
            batch_id,
            attempt,
            BatchState.SUPERSEDED,
            actor,
            superseded_by=batch.batch_id,
            detail={"replaced_by": batch.batch_id},
        )
