"""Puts the same questions to our cron_next and to the peer, a Go program on robfig/cron, and compares the answers.

  compare.py OURS PEER [--rows N] [--seed N]

Prints every row on which they differ and one summary line; exit code 1 when there is any.
"""
import argparse
import bisect
import random
import subprocess
import sys
import zoneinfo
from datetime import datetime, timedelta, timezone

# Where the clocks change in every way there is: at night, at midnight (to the west and to the east of Greenwich), by
# half an hour, by two or three hours, southern summers, zones off the full hour, and zones that leave the clocks alone.
ZONES = """
America/New_York Europe/Berlin America/Sao_Paulo Asia/Jakarta Australia/Lord_Howe UTC Europe/London Europe/Dublin
America/Havana America/Asuncion America/Santiago America/St_Johns America/Caracas America/Nuuk America/Scoresbysund
Asia/Amman Asia/Beirut Asia/Damascus Asia/Tehran Asia/Gaza Asia/Kathmandu Asia/Kolkata Asia/Pyongyang Asia/Baghdad
Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Monrovia Antarctica/Casey Antarctica/Troll Atlantic/Azores
Australia/Sydney Australia/Adelaide Pacific/Auckland Pacific/Chatham Pacific/Apia Pacific/Kiritimati Pacific/Tongatapu
""".split()

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "sun mon tue wed thu fri sat".split()
FIELDS = [(0, 59, None), (0, 23, None), (1, 31, None), (1, 12, MONTHS), (0, 6, WEEKDAYS)]
FIRST, LAST = datetime(1900, 1, 1, tzinfo=timezone.utc), datetime(2045, 1, 1, tzinfo=timezone.utc)
DAY = 86400

HAND_PICKED = """
* * * * *|? ? ? ? ?|*/1 */1 */1 */1 */1|0 0 29 2 *|0 0 30 2 *|0 0 31 4,6,9,11 *|0 0 13 * fri|0 0 13,* * fri
0 0 */2 * fri|0 0 */1 * fri|0 0 1-31 * fri|0 0 13 * */2|0 0 13 * 0-6|, * * * *|* , * * *|* * , * *|* * * , *
* * * * ,|* * , * mon|1,,2, * * * *|*-9 * * * *|*-x/2 * * * *|?-1-2 * * * *|+5 * * * *|-5 * * * *|5- * * * *
*/+5 * * * *|*/-5 * * * *|*/0 * * * *|*/ * * * *|*/9223372036854775807 * * * *|*/9223372036854775808 * * * *
1/2/3 * * * *|1-2-3 * * * *|7-3 * * * *|00 007 01 01 00|60 * * * *|* 24 * * *|* * 0 * *|* * 32 * *|* * * 0 *
* * * 13 *|* * * * 7|* * * * 5-7|* * * JAN-dec SuN-sat|* * * sun mon|* * * * mon/2|* * * * fri-mon|jan * * * *
* * * * monday|* * L * *|* * * * 5#2|1_0 * * * *|0x1 * * * *|** * * * *|/5 * * * *|* * * *|* * * * * *|*|
  0\t0 * * *  |@yearly|@annually|@monthly|@weekly|@daily|@midnight|@hourly|@Daily|@reboot|@|@every|@every 1h30m
@every 1.5s|@every 1ms|@every -5m|@every 0|@every 0s|@every 5|@every  5s|@every 5s |@every 1h-5m|@every .5h
@every 1.s|@every 1d|@every 90us|@every 9\u00b5s|@every 9\u03bcs|@every 2562047h47m16.854775807s
@every 2562047h47m16.854775808s|@every 9223372036854775807ns|@every -9223372036854775808ns|@every +1m|@every 1h1h
TZ=UTC|TZ=UTC * * * * *|CRON_TZ=Asia/Jakarta 0 6 * * *|TZ= 0 6 * * *|TZ=Local 0 6 * * *|TZ=Mars/Base 0 6 * * *
TZ=Mars/Base @daily|TZ=UTC @every 5m|TZ=UTC TZ=UTC 0 6 * * *|tz=UTC 0 6 * * *|TZ=UTC\t* * * * *|TZ=UTC \t @daily \t
TZ=Europe 0 6 * * *|TZ=UTC0 0 6 * * *|TZ=europe/berlin 0 6 * * *|TZ=../zoneinfo/UTC 0 6 * * *|TZ=/UTC 0 6 * * *
TZ=Fixed/UTC+05:00:00 0 6 * * *|TZ=EST5EDT 30 2 * * *
""".encode().decode("unicode_escape").strip("\n").replace("\n", "|").split("|")


# Spring, autumn, midnights that were skipped to the west and to the east, half an hour, three hours.
CHANGES = [("America/New_York", "2024-03-10"), ("America/New_York", "2024-11-03"), ("America/Sao_Paulo", "2017-10-15"),
           ("Asia/Amman", "2005-04-01"), ("Asia/Beirut", "2022-03-27"), ("Australia/Lord_Howe", "2024-04-07"),
           ("Australia/Lord_Howe", "2024-10-06"), ("Antarctica/Casey", "2010-03-05")]


class Zone:
    """A zone and the instants at which its clocks change."""

    def __init__(self, name):
        self.name = name
        self.info = zoneinfo.ZoneInfo(name)
        self.changes = []    # Unix times
        self.first_sound = int(FIRST.timestamp())
        low, step = FIRST, timedelta(days=5)
        while low < LAST:
            if self.offset(low) != self.offset(low + step):
                self.changes.append(self.narrow(low, low + step))
            low += step

    def offset(self, at):
        return at.astimezone(self.info).utcoffset()

    def narrow(self, low, high):
        before = self.offset(low)
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
            low, high = (middle, high) if self.offset(middle) == before else (low, middle)
        # From before a day that the date line took away, the peer can search without an end.
        if abs(self.offset(high) - before) >= timedelta(hours=12):
            self.first_sound = int(high.timestamp())
        return int(high.timestamp())

    def near_a_change(self, dice):
        sound = self.changes[bisect.bisect(self.changes, self.first_sound):]
        return dice.choice(sound) if sound else None


def instant(dice, zone):
    change = zone.near_a_change(dice)
    if change is not None and dice.random() < 0.7:
        spread = dice.choice([1, 3600, 3 * 3600, DAY, 3 * DAY, 40 * DAY])
        at = change + dice.randint(-spread, spread)
    elif dice.random() < 0.1:
        at = dice.randint(int(FIRST.timestamp()), int(LAST.timestamp()))
    else:
        at = dice.randint(0, int(LAST.timestamp()))
    if dice.random() < 0.3:
        at -= at % 60
    return max(at, zone.first_sound)


def value(dice, low, high, names):
    number = dice.randint(low, high)
    if names and dice.random() < 0.4:
        name = names[number - low]
        return number, dice.choice([name, name.upper(), name.capitalize()])
    return number, str(number)


def element(dice, low, high, names):
    shape = dice.random()
    first, second = sorted([value(dice, low, high, names), value(dice, low, high, names)])
    if shape < 0.15:
        return dice.choice("*?")
    if shape < 0.30:
        return f"{dice.choice('*?')}/{dice.randint(1, high + 3)}"
    if shape < 0.40:
        return f"{first[1]}/{dice.randint(1, high)}"
    if shape < 0.55:
        return f"{first[1]}-{second[1]}"
    if shape < 0.65:
        return f"{first[1]}-{second[1]}/{dice.randint(1, max(1, high // 3))}"
    return first[1]


def calendar(dice):
    """Five fields, many of them stars: days of a few hours around a change are to be hit."""
    parts = []
    for low, high, names in FIELDS:
        if dice.random() < 0.35:
            parts.append("*")
        else:
            parts.append(",".join(element(dice, low, high, names) for _ in range(dice.choice([1, 1, 1, 2, 3]))))
    if dice.random() < 0.3:
        parts[1] = dice.choice(["0", "0", "1", "2", "3", "23", "0,12", "0-3"])
    if dice.random() < 0.3:
        parts[0] = dice.choice(["0", "30", "*/15", "*/10", "45", "59"])
    return " ".join(parts)


def at_the_change(dice, zone, at):
    """Fields taken from the clock near `at`, so that skipped and repeated times are asked for."""
    clock = datetime.fromtimestamp(at + dice.randint(-2 * 3600, 2 * 3600), zone.info)
    day, weekday = dice.choice([("*", "*"), (str(clock.day), "*"), ("*", WEEKDAYS[clock.isoweekday() % 7]),
                                (str(clock.day), str(dice.randint(0, 6)))])
    month = dice.choice(["*", str(clock.month)])
    return f"{clock.minute} {clock.hour} {day} {month} {weekday}"


def damaged(dice, spec):
    """A few characters of the language put anywhere: mostly refused, and by both."""
    letters = list(spec)
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(letters) + 1)
        kind = dice.random()
        if kind < 0.4 or not letters:
            letters.insert(place, dice.choice("*?,-/ 0123456789jmsfa@+.x"))
        elif kind < 0.7:
            letters[min(place, len(letters) - 1)] = dice.choice("*?,-/ 0123456789")
        else:
            del letters[min(place, len(letters) - 1)]
    return "".join(letters)


def every(dice):
    terms = []
    for unit in dice.sample(["h", "m", "s", "ms", "us", "ns"], dice.randint(1, 3)):
        number = dice.choice([str(dice.randint(0, 5000)), f"{dice.uniform(0, 90):.{dice.randint(1, 12)}f}"])
        terms.append(number + unit)
    return "@every " + dice.choice(["", "", "", "-", "+"]) + "".join(terms)


def row(dice, zones):
    zone = dice.choice(zones)
    at = instant(dice, zone)
    kind = dice.random()
    if kind < 0.25:
        spec = at_the_change(dice, zone, at)
    elif kind < 0.75:
        spec = calendar(dice)
    elif kind < 0.87:
        spec = damaged(dice, calendar(dice))
    elif kind < 0.93:
        spec = every(dice)
    else:
        spec = dice.choice(HAND_PICKED)
    if dice.random() < 0.2 and not spec.startswith(("TZ=", "CRON_TZ=")):
        # The zone of the instant is named by the spec, and the default is another one.
        spec = f"{dice.choice(['TZ', 'CRON_TZ'])}={zone.name} {spec}"
        return spec, dice.choice(ZONES), at
    return spec, zone.name, at


def questions(dice, count):
    zones = [Zone(name) for name in ZONES]
    noon = int(datetime(2024, 3, 5, 12, 0, 30, tzinfo=timezone.utc).timestamp())
    rows = [(spec, name, noon) for spec in HAND_PICKED for name in ("UTC", "America/New_York")]
    # Every hour around them.
    for name, date in CHANGES:
        day = int(datetime.fromisoformat(date).replace(tzinfo=timezone.utc).timestamp())
        for spec in ("0 0 * * *", "30 1 * * *", "0 2 * * *", "0 12 1 * *"):
            rows += [(spec, name, day + hour * 3600) for hour in range(-24, 48)]
    # 2100 is no leap year: five years without a February 29.
    for year in range(2092, 2106):
        for month in (1, 3, 12):
            at = int(datetime(year, month, 31, tzinfo=timezone.utc).timestamp())
            rows += [(spec, "UTC", at) for spec in ("0 0 29 2 *", "0 0 29 2,4 mon", "59 23 29 2 ?")]
    while len(rows) < count:
        rows.append(row(dice, zones))
    # Last, because the peer searches on for as long as it lives: the 30th was not.
    rows.append(("0 0 15 * *", "Pacific/Apia", int(datetime(2011, 12, 20, tzinfo=timezone.utc).timestamp())))
    return rows


def answers(program, rows):
    text = "".join(f"{spec}\t{zone}\t{at}\n" for spec, zone, at in rows)
    done = subprocess.run([program], input=text.encode(), stdout=subprocess.PIPE, check=True, timeout=600)
    lines = done.stdout.decode().split("\n")[:-1]
    if len(lines) != len(rows):
        sys.exit(f"{program} gave {len(lines)} answers to {len(rows)} questions")
    if "bad line" in lines:
        sys.exit(f"{program} does not understand {rows[lines.index('bad line')]}")
    return lines


def peer_is_wrong(at, theirs):
    """The two things in which we do not follow: an answer that is not later than the question, and none at all."""
    return theirs == "hang" or (theirs.lstrip("-").isdigit() and int(theirs) <= at)


def agree_later(peer, row, our):
    """Where the peer is wrong: our answer is later than the question, and the peer's own when asked just before it."""
    spec, zone, at = row
    later = our.lstrip("-").isdigit() and int(our) > at
    return later and answers(peer, [(spec, zone, int(our) - 1)]) == [our]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("ours")
    parser.add_argument("peer")
    parser.add_argument("--rows", type=int, default=40000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows = questions(random.Random(options.seed), options.rows)
    ours, theirs = answers(options.ours, rows), answers(options.peer, rows)

    differing = wrong_peer = 0
    for asked, our, their in zip(rows, ours, theirs):
        spec, zone, at = asked
        if peer_is_wrong(at, their):
            wrong_peer += 1
            same = agree_later(options.peer, asked, our)
        else:
            same = our == their
        if not same:
            differing += 1
            print(f"{spec!r} in {zone} after {at}: ours {our}, robfig/cron {their}")
    kinds = {kind: theirs.count(kind) for kind in ("error", "never")}
    print(f"cron: {len(rows)} rows, seed {options.seed}: {len(rows) - sum(kinds.values()) - wrong_peer} times, "
          f"{kinds['never']} never, {kinds['error']} refused, {wrong_peer} where the peer does not move forward; "
          f"{differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
