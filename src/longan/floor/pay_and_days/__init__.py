"""Money and days by the law: pay, minimum wages, working days, and rules that hold from one day to another."""
