"""Orchestration: what happens, in which order, and what it waits for."""

from workflows.booking_case import BookingCase
from workflows.flag_correction import FlagCorrection
from workflows.patrol import Patrol

WORKFLOWS = [BookingCase, FlagCorrection, Patrol]

__all__ = ["WORKFLOWS", "BookingCase", "FlagCorrection", "Patrol"]
