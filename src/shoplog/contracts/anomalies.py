"""What an anomaly is called and when it is one: severities, kinds, visitor patterns and thresholds, once."""

from __future__ import annotations

# Surprise is -log10 of a value's probability among the values before it. At 5 one value in 100,000 is an anomaly by chance;
# a site's four figures are judged some 6,000 times a day, which leaves about one false alarm in two weeks.
ALARM_SURPRISE = 5.0
