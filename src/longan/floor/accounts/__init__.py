"""Accounts and the persons behind them: codes, tickets, providers, citizen cards, sealed data, consent."""
