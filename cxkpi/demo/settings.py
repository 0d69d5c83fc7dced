"""Every number that shapes the demo centre, in one flat place.

Behaviour that an analysis can find in the files:

- learning curves: a new hire is slower (``novice_*``), resolves less and scores lower in QA, and comes up to the own
  level over eight to ten weeks; the first days are training, with no contacts;
- a bad month (``bad_month``, the fourth): longer waits, more abandonment, more repeats, lower satisfaction;
- a queue mix that moves from Billing to Technical (``queue_first`` to ``queue_last``), so a total can move while no
  queue does;
- difficult customers (``difficult_*``): longer contacts, lower scores, more repeats, wherever they land;
- non-response: one in seven or eight answers the survey, unhappy customers less often;
- repeats of the same reason, returns with another reason, call-backs by the centre, contacts that overlap (a chat
  opened while the call is still on), withheld numbers, abandoned contacts that come back, contacts that end in the
  menu;
- turnover that is highest among new hires, people who move between teams and sites, come back, or have a leaving date
  in the future.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Shares are fractions, durations seconds unless the name says otherwise."""

    # People
    headcount_least: int = 80
    headcount_most: int = 2000
    contacts_per_agent_week: int = 150
    opening_share: float = 0.92
    closing_share: float = 1.21
    history_months: int = 24
    leaving_novice: float = 0.74
    leaving_first_year: float = 0.47
    leaving_later: float = 0.265
    novice_days: int = 120
    leave_types: tuple[float, ...] = (0.68, 0.24, 0.08)
    moves_per_month: float = 0.015
    training_days: int = 7
    novice_slowness: float = 0.72
    novice_slowness_spread: float = 0.10
    novice_halving_days: float = 14.5
    novice_quality_gap: float = 0.13
    level_spread: float = 0.075
    quality_mean: float = 0.918
    quality_spread: float = 0.018
    evaluation_spread: float = 0.030
    sick_share: float = 0.03
    holiday_share: float = 0.08

    # Volume and mix; weekdays from Monday, hours from 08:00
    weekday_weights: tuple[float, ...] = (1.22, 1.12, 1.08, 1.06, 1.04, 0.82, 0.66)
    hour_weights: tuple[float, ...] = (0.06, 0.10, 0.11, 0.10, 0.09, 0.085, 0.09, 0.09, 0.085, 0.08, 0.06, 0.05)
    bad_month: int = 3
    bad_month_volume: float = 1.14
    channel_weights: tuple[float, ...] = (0.72, 0.19, 0.09)
    queue_first: tuple[float, ...] = (0.42, 0.24, 0.19, 0.15)
    queue_last: tuple[float, ...] = (0.25, 0.42, 0.18, 0.15)
    customers_per_contact: float = 0.6
    withheld_share: float = 0.03
    menu_only_share: float = 0.012

    # Waiting
    wait_mean: float = 55.0
    wait_mean_bad: float = 150.0
    wait_at_once: float = 0.42
    wait_at_once_bad: float = 0.25
    patience_mean: float = 430.0
    email_wait_mean: float = 1500.0
    retry_share: float = 0.55

    # Handling
    talk_mean: float = 289.0
    talk_variation: float = 0.45
    hold_share: float = 0.18
    hold_mean: float = 48.0
    wrap_mean: float = 46.0
    wrap_variation: float = 0.6
    queue_talk: tuple[float, ...] = (0.93, 1.10, 0.96, 1.02)
    channel_talk: tuple[float, ...] = (1.0, 1.08, 0.92)
    transfer_share: float = 0.055
    transfer_talk: float = 1.2
    alert_missed_share: float = 0.05
    difficult_share: float = 0.05
    difficult_talk: float = 1.35

    # What happens next
    unresolved_share: float = 0.244
    unresolved_bad: float = 1.25
    unresolved_difficult: float = 1.6
    unresolved_queue: tuple[float, ...] = (0.9, 1.15, 0.95, 1.05)
    callback_share: float = 0.11
    late_return_share: float = 0.07
    same_day_share: float = 0.3
    other_reason_share: float = 0.05
    overlap_share: float = 0.008
    overlap_third_share: float = 0.5

    # Surveys, cases
    respond_happy: float = 0.155
    respond_unhappy: float = 0.105
    happy_resolved: float = 0.875
    happy_unresolved: float = 0.60
    happy_bad: float = -0.07
    happy_difficult: float = -0.22
    case_resolved: float = 0.13
    case_unresolved: float = 0.30

    # What other systems know
    said_resolved: float = 0.45
    beyond_first_line: float = 0.35
    escalated_share: float = 0.02
    call_back_asked: float = 0.35
    call_back_made: float = 0.9
    analysed_share: float = 0.7
    silence_mean: float = 0.12
    mailed_share: float = 0.3
    bounced_share: float = 0.03
    after_call_share: float = 0.2
    after_call_answered: float = 0.32
    pulse_answered: float = 0.62
    followed_up: float = 0.72
    monthly_wage_pence: int = 243_000


CHANNELS = ("voice", "chat", "email")
QUEUES = ("Billing", "Technical", "Orders", "Cancellations")
REASONS = (
    (0, "Bill query"),
    (0, "Payment failed"),
    (0, "Refund"),
    (0, "Direct debit"),
    (1, "No service"),
    (1, "Slow connection"),
    (1, "Router setup"),
    (1, "Fault report"),
    (2, "New order"),
    (2, "Delivery date"),
    (2, "Change of order"),
    (3, "Leaving us"),
    (3, "Price too high"),
    (3, "End of contract"),
)
REASON_WEIGHTS = ((0.42, 0.22, 0.2, 0.16), (0.3, 0.3, 0.24, 0.16), (0.4, 0.35, 0.25), (0.45, 0.35, 0.2))
TEAMS = (
    ("Leeds Ash", "Leeds"),
    ("Leeds Birch", "Leeds"),
    ("Leeds Cedar", "Leeds"),
    ("Cardiff Hazel", "Cardiff"),
    ("Cardiff Maple", "Cardiff"),
    ("Cardiff Rowan", "Cardiff"),
    ("Belfast Oak", "Belfast"),
    ("Belfast Willow", "Belfast"),
)
SITES = ("Leeds", "Cardiff", "Belfast")
# One site is run by another company.
OUTSOURCED, OUTSOURCER = "Belfast", "Lagan Services"
