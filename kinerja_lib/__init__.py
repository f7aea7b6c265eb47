"""Notebooks, rules and honest statistics for developing the performance of civil servants.

The names below are the public list. Each is imported from its module on first use, so that ``import kinerja_lib``
stays as quick as what is used of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_MODULES = {
    "language": ("use_language",),
    "errors": ("CallError", "DataError", "KinerjaError", "RunError"),
    "vocabulary": ("Period",),
    "schema": ("Dataset",),
    "read": ("open_dataset", "read_dataset", "write_dataset"),
    "opendata": ("open_data",),
    "synth": ("Effects", "build_agency"),
    "findings": ("Finding", "Findings"),
    "rules": ("jp_bounds", "sources"),
    "check": ("build_inventory", "check_dataset", "read_import_findings", "read_origin"),
    "importer": ("ImportResult", "check_folder", "explain_exports", "import_exports"),
    "scope": ("Scope", "build_scope"),
    "measures": ("build_distribution", "build_quality", "build_trend", "performance_measure"),
    "indicators": ("build_indicator_panel", "build_indicator_trend", "build_indicators"),
    "development": ("build_events", "build_gaps", "build_jp", "build_reach"),
    "evaluation": ("build_angka_kredit", "build_boxes", "build_deadline", "build_ip_asn", "build_jpm"),
    "exposure": ("build_exposure", "build_intensity", "build_pairs", "build_sessions"),
    "panel": ("build_panel",),
    "planning": ("build_aspects", "build_cascade", "build_plans"),
    "panels": ("build_panels",),
    "links": ("build_links",),
    "outcomes": ("Costs", "Retention", "build_costs", "build_retention"),
    "climate": ("Climate", "build_climate"),
    "peers": ("build_funnel", "build_units"),
    "recompute": ("recompute_check",),
    "estimate": (
        "Estimate",
        "benefit_cost",
        "bound_attrition",
        "estimate_adjusted",
        "estimate_agreement",
        "estimate_cost_effectiveness",
        "estimate_did",
        "estimate_difference",
        "estimate_hazard",
        "estimate_incidence",
        "estimate_late",
        "estimate_latent",
        "estimate_mediation",
        "estimate_multilevel",
        "estimate_ordinal",
        "estimate_pooled",
        "estimate_regression",
        "estimate_reliability",
        "estimate_staggered",
        "estimate_survival",
        "expect_regression_to_mean",
        "internal_rate",
        "plan_sample",
        "present_value",
        "sensitivity_evalue",
        "sensitivity_robustness",
        "sensitivity_selection",
    ),
    "published": ("estimate_published", "read_published"),
    "studies": (
        "Association",
        "Card",
        "Cases",
        "Pooled",
        "Study",
        "StudyPlan",
        "build_cases",
        "choose_plan",
        "read_plan",
        "study_agencies",
        "study_association",
        "study_card",
        "study_cards",
        "study_climate",
        "study_cost",
        "study_pooled",
        "study_retention",
        "study_roll_out",
        "study_value",
        "write_plan",
    ),
    "show.sentences": (
        "note_distribution",
        "note_quality",
        "say_achievement",
        "say_basis",
        "say_head",
        "say_quality",
        "say_trend",
    ),
    "show.summary": ("say_summary", "show_panels"),
    "show.figures": ("plot_distribution", "plot_trend"),
    "show.peers": ("note_funnel", "plot_funnel", "table_indicators", "table_units"),
    "show.development": (
        "note_events",
        "note_jp",
        "plot_gaps",
        "plot_reach",
        "say_events",
        "say_gaps",
        "say_reach",
        "table_events",
    ),
    "show.exposure": ("note_intensity", "table_intensity", "table_sessions"),
    "show.links": ("note_links", "say_links", "table_links"),
    "show.outcomes": (
        "note_climate",
        "note_costs",
        "note_retention",
        "say_climate",
        "say_costs",
        "say_retention",
        "table_climate",
        "table_costs",
        "table_retention",
    ),
    "show.planning": (
        "note_cascade",
        "note_plans",
        "plot_aspects",
        "say_aspects",
        "say_cascade",
        "say_plans",
        "table_cascade",
        "table_plans",
    ),
    "show.evaluation": (
        "note_boxes",
        "note_evaluation",
        "plot_boxes",
        "say_deadline",
        "say_evaluation",
        "table_angka_kredit",
        "table_evaluation",
    ),
    "show.closing": (
        "find_points",
        "say_definitions",
        "say_unknown",
        "sign_off",
        "table_follow_up",
        "table_rules",
    ),
    "show.quality": (
        "say_files",
        "note_findings",
        "say_data_head",
        "say_findings",
        "table_findings",
        "table_inventory",
        "table_files",
    ),
    "show.verdict": ("note_design", "note_verdict", "say_study_plan", "say_study_reach", "say_verdict"),
    "show.studies": (
        "plot_events",
        "plot_study",
        "say_checks",
        "say_dropped",
        "say_limits",
        "say_naive",
        "say_study_head",
        "table_checks",
        "table_study",
    ),
    "show.study_detail": ("say_return", "say_second", "say_sensitivity", "table_changes", "table_sources"),
    "show.worth": (
        "plot_net_benefit",
        "say_price",
        "table_avoided",
        "table_effectiveness",
        "table_roi",
        "table_unit_cost",
    ),
    "show.trial": ("say_arms", "say_study", "say_times", "table_arms", "table_errors"),
    "show.card": ("say_card", "say_card_limits", "show_card", "table_card", "table_cards"),
    "show.results": ("to_block",),
    "show.published": ("plot_published",),
    "show.recompute": ("table_recompute",),
    "show.cases": ("note_cases", "plot_cases", "say_cases", "say_control", "table_cases", "table_designs"),
    "show.roll_out": ("note_roll_out", "plot_roll_out", "say_roll_out", "table_roll_out"),
    "show.pooled": (
        "note_pooled",
        "plot_pooled",
        "plot_references",
        "say_correlations",
        "say_pooled",
        "say_pooled_head",
        "say_prediction",
        "say_spread",
        "table_agencies",
        "table_left_out",
        "table_without",
    ),
    "show.association": (
        "note_association",
        "plot_association",
        "say_adjustment",
        "say_association",
        "table_association",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604 - names of `_HOME`, each a text


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first use."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public list."""
    return __all__
