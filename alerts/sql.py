"""The SQL that a rule may hold: one SELECT over the org's views, of functions that only reckon.

What was checked is what is run: the text is written anew from what was understood of it, and the
names in it are looked at once more as they stand there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from alerts.errors import Problem, Refused
from telemetry.schema import READABLE

# what it says of a text that it cannot read repeats the text
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

LONGEST = 10_000
DEEPEST = 40
DIALECT = "duckdb"
FIELD = "sql"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_OPENING, _CLOSING = "([{", ")]}"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})

FUNCTIONS = TABLE_FUNCTIONS | _words("""
    count count_if countif sum avg min max median mode stddev stddev_pop stddev_samp variance
    var_pop var_samp quantile quantile_cont quantile_disc percentile_cont percentile_disc mad
    approx_count_distinct approx_distinct approx_quantile any_value arg_max arg_min max_by min_by
    first last bool_and bool_or bit_and bit_or bit_xor corr covar_pop covar_samp regr_slope
    regr_intercept regr_r2 skewness kurtosis entropy histogram product favg fsum kahan_sum
    list array_agg string_agg group_concat listagg grouping
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
    nth_value
    abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log2 log10 pow power mod greatest
    least gcd lcm pi degrees radians sin cos tan asin acos atan atan2 isnan isinf isfinite
    is_nan is_inf fmod
    coalesce ifnull nullif if iff case cast try_cast try
    lower upper lcase ucase length len strlen char_length trim ltrim rtrim substring substr left
    right lpad rpad replace reverse concat concat_ws contains starts_with ends_with prefix suffix
    position strpos str_position instr split split_part string_split str_split repeat format
    printf regexp_matches regexp_extract regexp_extract_all regexp_replace regexp_full_match
    regexp_like ascii chr translate hex unhex to_hex from_hex md5 sha256 hash like_escape
    levenshtein jaccard jaro_similarity jaro_winkler_similarity damerau_levenshtein hamming
    date_trunc datetrunc date_part datepart date_diff datediff date_sub datesub date_add extract
    epoch epoch_ms epoch_us epoch_ns year month day hour minute second millisecond microsecond
    dayofweek dow isodow dayofyear doy week weekofyear isoyear quarter dayname monthname strftime
    strptime make_date make_time make_timestamp to_timestamp time_bucket last_day age to_seconds
    to_minutes to_hours to_days to_milliseconds to_microseconds timestamp timezone
    list_value list_sum list_avg list_min list_max list_count list_contains list_has array_contains
    list_transform list_filter list_distinct list_sort list_aggregate list_extract element_at
    array_length map map_keys map_values map_extract map_contains struct_extract struct_pack row
    json json_extract json_extract_string json_array_length json_valid json_type json_keys
    typeof
    """)

# Words of SQL, and names of types, that stand before a bracket without being a function.
_WORDS = _words("""
    select from where and or not in exists any some all as on using over filter within group by
    having order partition values union intersect except distinct limit offset qualify case when
    then else end between like ilike is null join lateral cross inner outer full window rows
    decimal numeric varchar char exclude except replace columns interval with recursive
    materialized lambda cube rollup sets return escape
    """)

_NEVER: tuple[type, ...] = (
    exp.Command, exp.DDL, exp.DML, exp.Into, exp.Parameter, exp.Placeholder, exp.SessionParameter,
    exp.Pragma, exp.Set, exp.Use, exp.Attach, exp.Detach, exp.Copy,
)  # fmt: skip


def checked(sql: str) -> str:
    """The SQL as it will be run. Raises Refused with a sentence that names what is not allowed."""
    tree = _parsed(sql)
    for node in tree.walk():
        if isinstance(node, _NEVER) and not isinstance(node, exp.Query):
            raise _refused("A rule only asks: write one SELECT, without parameters.")
    _refuse_tables(tree)
    written = tree.sql(dialect=DIALECT, comments=False)
    for name in _called(written):
        if name not in FUNCTIONS:
            raise _refused(f"The function {name[:60]} is not allowed in a rule. Leave it out.")
    return written


def tables(written: str) -> list[str]:
    """The tables of the lake that a checked SQL reads."""
    tree = sqlglot.parse_one(written, dialect=DIALECT)
    named = {table.name.lower() for table in tree.find_all(exp.Table)}
    return sorted(named & READABLE.keys())


def _parsed(sql: str) -> exp.Expression:
    if len(sql) > LONGEST or _depth(sql) > DEEPEST:
        raise _refused(
            f"Write at most {LONGEST:,} characters, and at most {DEEPEST} brackets in each other."
        )
    try:
        found = [tree for tree in sqlglot.parse(sql, dialect=DIALECT) if tree is not None]
    except SqlglotError as error:
        raise _refused(_where(error)) from error
    except RecursionError as error:
        raise _refused("This is nested too deeply. Write it more simply.") from error
    if len(found) != 1 or not isinstance(found[0], exp.Select | exp.SetOperation):
        raise _refused("Write one SELECT, beginning with the value, then labels.")
    return found[0]


def _where(error: SqlglotError) -> str:
    """Where the text cannot be read, in a sentence."""
    details = getattr(error, "errors", None) or [{}]
    line, near = details[0].get("line"), details[0].get("highlight")
    if line is None:
        return "This cannot be read as SQL. Check quotes and brackets."
    return f"Line {line} cannot be read as SQL near {str(near)[:40]!r}. Check what stands there."


def _depth(sql: str) -> int:
    deepest = depth = 0
    for character in sql:
        depth += (character in _OPENING) - (character in _CLOSING)
        deepest = max(deepest, depth)
    return deepest


def _refuse_tables(tree: exp.Expression) -> None:
    own = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    if not all(_NAME.fullmatch(name) for name in own):
        raise _refused("Name what stands in WITH with letters, digits and _.")
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            if table.this.name.lower() not in TABLE_FUNCTIONS and not isinstance(
                table.this, exp.GenerateSeries
            ):
                raise _refused("Ask tables only: no function may stand after FROM.")
        elif table.db or table.catalog or table.name.lower() not in own | READABLE.keys():
            raise _refused(
                f"There is no table {table.name[:60]!r}. Ask {', '.join(sorted(READABLE))}."
            )


def _called(written: str) -> Iterator[str]:
    """Every name before a bracket that is no word of SQL, quoted or not."""
    tokens = sqlglot.tokenize(written, dialect=DIALECT)
    for token, following in pairwise(tokens):
        if following.token_type == TokenType.L_PAREN and _is_name(token):
            yield token.text.lower()


def _is_name(token: Token) -> bool:
    if token.token_type == TokenType.IDENTIFIER:
        return True
    named = token.token_type != TokenType.STRING and _WORD.fullmatch(token.text)
    return bool(named) and token.text.lower() not in _WORDS


def _refused(sentence: str) -> Refused:
    return Refused([Problem(FIELD, sentence)])
