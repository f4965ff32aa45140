"""Orchestration: what happens, in which order, and what it waits for."""

from workflows.booking_case import BookingCase
from workflows.flag_correction import FlagCorrection

WORKFLOWS = [BookingCase, FlagCorrection]

__all__ = ["WORKFLOWS", "BookingCase", "FlagCorrection"]
