"""Coordinates and capture times in the forms that cameras write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.media.capture_time import parse_exif_time, parse_iso_time
from shotlog.media.location import checked, parse_iso6709


@pytest.mark.parametrize(
    ("text", "latitude", "longitude", "altitude"),
    [
        ("+32.0929+034.8620+028.516/", 32.0929, 34.862, 28.516),
        ("+33.1268-117.3273/", 33.1268, -117.3273, None),
        ("-3351.408+15112.918/", -33.8568, 151.2153, None),
        ("+484954-1230700+12/", 48.831667, -123.116667, 12.0),
        ("+48-2CRSWGS_84/", 48.0, -2.0, None),
    ],
)
def test_iso_6709_is_read(text, latitude, longitude, altitude):
    place = parse_iso6709(text)
    assert abs(place.latitude - latitude) < 1e-5
    assert abs(place.longitude - longitude) < 1e-5
    assert place.altitude_m == altitude


@pytest.mark.parametrize("text", ["", "here", "+91.0+000.0/", "+0.0+0.0/", "+10.0+181.0/", "52.5,13.4"])
def test_what_is_no_place_is_unknown(text):
    assert parse_iso6709(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_parsers(text):
    parse_iso6709(text)
    parse_iso_time(text)
    parse_exif_time(text, text)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_places_on_earth_are_kept(latitude, longitude):
    place = checked(latitude, longitude)
    assert place is None or abs(place.latitude - latitude) < 1e-6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-01-19T12:45:11-0800", "2015-01-19T20:45:11+00:00"),
        ("2019-07-24T08:25:57.000000Z", "2019-07-24T08:25:57+00:00"),
        ("2020-08-28", "2020-08-28T00:00:00+00:00"),
        ("1970-01-01T00:00:00.000000Z", None),
        ("1904-01-01T00:00:00Z", None),
        ("2012", None),
        ("yesterday", None),
        ("0001-01-02T00:00:00+23:59", "0001-01-01T00:01:00+00:00"),
        ("9999-12-31T23:00:00-10:00", None),
    ],
)
def test_iso_times_are_read_as_utc(text, expected):
    moment = parse_iso_time(text)
    assert (moment.isoformat() if moment else None) == expected


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("2008:10:22 16:28:39", "", "2008-10-22T16:28:39+00:00"),
        ("2022:02:16 11:55:41", "-05:00", "2022-02-16T16:55:41+00:00"),
        ("2022:02:16 11:55:41", "nonsense", "2022-02-16T11:55:41+00:00"),
        ("2022:02:16", "", "2022-02-16T00:00:00+00:00"),
        ("2022:02:16 11:55:60", "", "2022-02-16T11:55:59+00:00"),
        ("0000:00:00 00:00:00", "", None),
        ("    :  :     :  :  ", "", None),
        ("2022:13:40 11:55:41", "", None),
    ],
)
def test_exif_times_are_read_as_utc(text, offset, expected):
    moment = parse_exif_time(text, offset)
    assert (moment.isoformat() if moment else None) == expected
