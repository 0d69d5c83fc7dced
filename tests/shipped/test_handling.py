"""Handling and access: every figure of the report against SQL written from its description."""

from __future__ import annotations

import pytest

from .centre import Centre

_HANDLED = "not abandoned and answered_at is not null"
_INBOUND = "direction = 'inbound'"
# In the sample what other systems know of a contact stands in a table beside it.
_CONTACTS = """
    (select c.* exclude (dial_s, ring_s, silence_s, callback_requested_at), d.dial_s, d.ring_s, d.silence_s,
            d.callback_requested_at, d.called_back_at,
            talk_s + hold_s + wrap_s as handle_s
     from contacts c left join contact_details d using (contact_id) where within(c.ended_at))
"""


def _share(of: str, meets: str) -> str:
    """Those that meet a condition, over those of whom it is known."""
    return f"""
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator
        from (select count(*) filter ({meets}) as k, count({meets}) as n from {_CONTACTS} where {of})
    """


def _mean(of: str, amount: str) -> str:
    return f"""
        select s / nullif(n, 0) as value, n, s as numerator, n as denominator
        from (select coalesce(sum({amount}), 0) as s, count({amount}) as n from {_CONTACTS} where {of})
    """


def _quantile(of: str, amount: str, q: float) -> str:
    return f"select quantile_cont({amount}, {q}) as value, count({amount}) as n from {_CONTACTS} where {of}"


_KNOWN_WAIT = f"{_INBOUND} and abandoned is not null and wait_s is not null"
_IN_TIME = "not abandoned and wait_s <= 20"

ORACLES = {
    "aht": _mean(_HANDLED, "handle_s"),
    # Where nobody dialled, or no phone rang, there is no such time.
    "aht.genesys": _mean(_HANDLED, "handle_s + coalesce(dial_s, 0)"),
    "aht.ringing": _mean(_HANDLED, "handle_s + coalesce(ring_s, 0)"),
    "aht.answered_long_enough": _mean(f"{_HANDLED} and handle_s >= 20", "handle_s"),
    "handle_time_p90": _quantile(_HANDLED, "handle_s", 0.9),
    "talk_time": _mean(_HANDLED, "talk_s"),
    "hold_time": _mean(_HANDLED, "hold_s"),
    "hold_time.held": _mean(f"{_HANDLED} and hold_s > 0", "hold_s"),
    "hold_rate": _share(_HANDLED, "hold_s > 0"),
    "wrap_time": _mean(_HANDLED, "wrap_s"),
    "silence": f"""
        select silent / talked as value, n, silent as numerator, talked as denominator
        from (select sum(silence_s) as silent, sum(talk_s) as talked, count(*) as n from {_CONTACTS}
              where {_HANDLED} and silence_s is not null and talk_s is not null)
    """,
    "speed_of_answer": _mean(f"{_HANDLED} and {_INBOUND}", "wait_s"),
    "service_level": _share(_KNOWN_WAIT, _IN_TIME),
    # Call Centre Helper's formulas 1, 2, 4 and 5, and 3 without short abandons, as (answered + n_B) / (answered + d_B).
    "service_level.positive": _share(_KNOWN_WAIT, f"({_IN_TIME}) or (abandoned and wait_s <= 20)"),
    "service_level.answered_only": _share(f"{_INBOUND} and not abandoned", "wait_s <= 20"),
    "service_level.after_threshold": _share(f"{_KNOWN_WAIT} and (not abandoned or wait_s > 20)", _IN_TIME),
    "service_level.short_excluded": _share(f"{_KNOWN_WAIT} and not (abandoned and wait_s <= 5)", _IN_TIME),
    "service_level.short_positive": _share(_KNOWN_WAIT, f"({_IN_TIME}) or (abandoned and wait_s <= 5)"),
    "service_level.callbacks_positive": _share(
        _KNOWN_WAIT, "wait_s <= 20 or coalesce(callback_requested_at <= queued_at + interval 20 seconds, false)"
    ),
    "abandonment": _share(_INBOUND, "abandoned"),
    "abandonment.short_excluded": _share(f"{_INBOUND} and not (abandoned and wait_s <= 5)", "abandoned"),
    "abandonment.short_not_counted": _share(_INBOUND, "abandoned and wait_s > 5"),
    "longest_wait": f"select max(wait_s) as value, count(wait_s) as n from {_CONTACTS} where {_INBOUND}",
    "callbacks": _share(_INBOUND, "callback_requested_at is not null"),
    "callbacks_kept": _share(
        f"{_INBOUND} and callback_requested_at is not null and ended_at <= as_of() - interval 2 hours",
        "coalesce(called_back_at <= callback_requested_at + interval 2 hours, false)",
    ),
}


@pytest.mark.parametrize("title", ORACLES)
def test_the_report_says_what_sql_says(centre: Centre, title: str) -> None:
    assert not centre.disagreements(title, ORACLES[title])
