using System.Diagnostics;
using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Tasks;

/// <summary>Due dates that come from completing one task after the other. A list that ends in | is whole.</summary>
public sealed class RecurrenceTests(ClockApp app) : TestBase<ClockApp>
{
    private readonly string _ann = App.NewUser();

    /// <summary>RFC 5545 section 3.8.5.3. All are at 09:00.</summary>
    [Theory]
    [InlineData("FREQ=DAILY;COUNT=10", "1997-09-02 09-03 09-04 09-05 09-06 09-07 09-08 09-09 09-10 09-11 |")]
    [InlineData("FREQ=DAILY;UNTIL=19971224T000000Z", "1997-12-21 12-22 12-23 |")]
    [InlineData("FREQ=DAILY;INTERVAL=2", "1997-09-26 09-28 09-30 10-02 10-04")]
    [InlineData("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02 09-12 09-22 10-02 10-12 |")]
    [InlineData("FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "1998-01-30 01-31 1999-01-01 01-02")]
    [InlineData("FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "2000-01-30 01-31 |")]
    [InlineData("FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "1998-01-31 1999-01-01")]
    [InlineData("FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "2000-01-30 01-31 |")]
    [InlineData("FREQ=WEEKLY;COUNT=10", "1997-09-02 09-09 09-16 09-23 09-30 10-07 10-14 10-21 10-28 11-04 |")]
    [InlineData("FREQ=WEEKLY;UNTIL=19971224T000000Z", "1997-12-09 12-16 12-23 |")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02 09-16 09-30 10-14 10-28 11-11 11-25 12-09 12-23 1998-01-06 01-20 02-03 02-17")]
    [InlineData("FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "1997-09-02 09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02 |")]
    [InlineData("FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997-09-02 09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02 |")]
    [InlineData(
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997-09-01 09-03 09-05 09-15 09-17 09-19 09-29 10-01 10-03 10-13 10-15 10-17 10-27 10-29 10-31 11-10 11-12 11-14 11-24 11-26 11-28 12-08 12-10 12-12 12-22 |")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997-09-02 09-04 09-16 09-18 09-30 10-02 10-14 10-16 |")]
    [InlineData("FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05 10-03 11-07 12-05 1998-01-02 02-06 03-06 04-03 05-01 06-05 |")]
    [InlineData("FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997-09-05 10-03 11-07 12-05 |")]
    [InlineData("FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-07 09-28 11-02 11-30 1998-01-04 01-25 03-01 03-29 05-03 05-31 |")]
    [InlineData("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22 10-20 11-17 12-22 1998-01-19 02-16 |")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28 10-29 11-28 12-29 1998-01-29 02-26")]
    [InlineData("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997-09-02 09-15 10-02 10-15 11-02 11-15 12-02 12-15 1998-01-02 01-15 |")]
    [InlineData("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-30 10-01 10-31 11-01 11-30 12-01 12-31 1998-01-01 01-31 02-01 |")]
    [InlineData("FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997-09-10 09-11 09-12 09-13 09-14 09-15 1999-03-10 03-11 03-12 03-13 |")]
    [InlineData("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "1997-09-02 09-09 09-16 09-23 09-30 11-04 11-11 11-18 11-25 1998-01-06 01-13 01-20 01-27 03-03")]
    [InlineData("FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10 07-10 1998-06-10 07-10 1999-06-10 07-10 2000-06-10 07-10 2001-06-10 07-10 |")]
    [InlineData("FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "1997-03-10 1999-01-10 02-10 03-10 2001-01-10 02-10 03-10 2003-01-10 02-10 03-10 |")]
    [InlineData("FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997-01-01 04-10 07-19 2000-01-01 04-09 07-18 2003-01-01 04-10 07-19 2006-01-01 |")]
    [InlineData("FREQ=YEARLY;BYDAY=20MO", "1997-05-19 1998-05-18 1999-05-17")]
    [InlineData("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12 1998-05-11 1999-05-17")]
    [InlineData("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13 03-20 03-27 1998-03-05 03-12 03-19 03-26 1999-03-04")]
    [InlineData("FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "1997-08-21 08-28 1998-06-04 06-11")]
    [InlineData("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13 03-13 11-13 1999-08-13 2000-10-13")]
    [InlineData("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13 10-11 11-08 12-13 1998-01-10 02-07 03-07 04-11 05-09 06-13")]
    [InlineData("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05 2000-11-07 2004-11-02")]
    [InlineData("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04 10-07 11-06 |")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29 10-30 11-27 12-30 1998-01-29 02-26 03-30")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05 08-10 08-19 08-24 |")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05 08-17 08-19 08-31 |")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15 01-30 02-15 03-15 03-30 |")]
    // Beyond its examples.
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-30 02-27 03-31 04-30 05-29")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1", "2026-01-01 01-30 02-02 02-27 03-02 03-31")]
    [InlineData("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-12-24 12-25 12-28 12-29")]
    [InlineData("FREQ=MONTHLY", "2027-10-31 12-31 2028-01-31 03-31 05-31 07-31 08-31 10-31")]
    [InlineData("FREQ=MONTHLY", "2027-11-30 12-30 2028-01-30 03-30")]
    [InlineData("FREQ=MONTHLY", "2027-12-29 2028-01-29 02-29 03-29")]
    [InlineData("FREQ=MONTHLY;INTERVAL=3", "2026-08-31 2027-05-31 08-31")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31 03-31 05-31 07-31 08-31 10-31 12-31")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-12-31 2028-01-31 02-29 03-31 04-30")]
    [InlineData("FREQ=YEARLY", "2024-02-29 2028-02-29 2032-02-29")]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2096-02-29 2104-02-29")]
    [InlineData("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", "2096-02-29 2104-02-29")]
    [InlineData("FREQ=WEEKLY;BYMONTH=2", "2026-02-24 2027-02-02")]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2026-02-28 2027-02-28 2028-02-29")]
    [InlineData("FREQ=YEARLY;BYYEARDAY=366", "2024-12-31 2028-12-31")]
    [InlineData("FREQ=YEARLY;INTERVAL=100", "2026-06-01 2126-06-01")]
    [InlineData("RRULE:FREQ=DAILY;COUNT=2", "2026-12-31 2027-01-01 |")]
    [InlineData("rrule:freq=weekly;byday=mo,we", "2026-12-28 12-30 2027-01-04")]
    [InlineData("FREQ=DAILY;COUNT=1", "2026-12-31 |")]
    [InlineData("FREQ=DAILY;UNTIL=20261231T090000", "2026-12-30 12-31 |")]
    [InlineData("FREQ=DAILY;UNTIL=20261231T085959", "2026-12-30 |")]
    [InlineData("FREQ=DAILY;UNTIL=19700101T000000Z", "2026-12-30 |")]
    [InlineData("daily", "2028-02-28 02-29 03-01")]
    [InlineData("Weekly", "2026-12-28 2027-01-04")]
    [InlineData("MONTHLY", "2026-12-15 2027-01-15 02-15")]
    [InlineData("yearly", "2026-12-15 2027-12-15")]
    public async Task Recurs_as_the_rule_says(string rule, string days)
    {
        var (dates, year) = (new List<string>(), "");
        foreach (var day in days.Split(' '))
        {
            year = day.Length == 10 ? day[..4] : year;
            dates.Add(day.Length == 5 ? $"{year}-{day}" : day);
        }

        await RecursAsync(rule, [.. dates.Select(date => date == "|" ? date : $"{date}T09:00")]);
        if (!rule.Contains("UNTIL", StringComparison.Ordinal))
            await RecursAsync(rule, [.. dates]);
    }

    [Theory]
    // The clock on the wall stands where it stood, whatever the change to summer time in between.
    [InlineData("daily", "2026-03-28T02:30 2026-03-29T02:30 2026-03-30T02:30")]
    [InlineData("daily", "2026-10-24T02:30 2026-10-25T02:30 2026-10-26T02:30")]
    [InlineData("daily", "2026-03-28T02:30:00+01:00 2026-03-29T02:30:00+01:00 2026-03-30T02:30:00+01:00")]
    [InlineData("weekly", "2026-10-24T02:30+02:00 2026-10-31T02:30+02:00")]
    // The day is that of the offset, not that of UTC.
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=1", "2026-12-01T00:30:00+14:00 2027-01-01T00:30:00+14:00")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30T23:30:00-12:00 2026-12-31T23:30:00-12:00")]
    [InlineData("FREQ=WEEKLY;BYDAY=MO", "2026-11-30T00:30:00+05:45 2026-12-07T00:30:00+05:45")]
    // Written as before.
    [InlineData("daily", "2026-12-31 2027-01-01")]
    [InlineData("daily", "2026-12-31T18:00 2027-01-01T18:00")]
    [InlineData("daily", "2026-12-31T18:00:00 2027-01-01T18:00:00")]
    [InlineData("daily", "2026-12-31T18:00:59 2027-01-01T18:00:59")]
    [InlineData("daily", "2026-12-31T18:00:00.5 2027-01-01T18:00:00.5 2027-01-02T18:00:00.5")]
    [InlineData("daily", "2026-12-31T18:00:00.000 2027-01-01T18:00:00.000")]
    [InlineData("daily", "2026-12-31T23:59:59.9999999Z 2027-01-01T23:59:59.9999999Z 2027-01-02T23:59:59.9999999Z")]
    [InlineData("daily", "2026-12-31T18:00Z 2027-01-01T18:00Z")]
    [InlineData("daily", "2026-12-31T18:00:00Z 2027-01-01T18:00:00Z")]
    [InlineData("daily", "2026-12-31T18:00:00.123-00:00 2027-01-01T18:00:00.123-00:00")]
    [InlineData("daily", "2026-12-31T18:00+00:00 2027-01-01T18:00+00:00")]
    [InlineData("FREQ=DAILY;BYSECOND=30", "2026-12-31T18:00 2026-12-31T18:00:30 2027-01-01T18:00:30")]
    [InlineData("FREQ=DAILY;BYSECOND=30", "2026-12-31T18:00Z 2026-12-31T18:00:30Z 2027-01-01T18:00:30Z")]
    // Several times a day.
    [InlineData("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", "1997-09-02T09:00 1997-09-02T12:00 1997-09-02T15:00 |")]
    [InlineData("FREQ=HOURLY;INTERVAL=5", "2026-12-31T20:00:00Z 2027-01-01T01:00:00Z 2027-01-01T06:00:00Z")]
    [InlineData("FREQ=HOURLY;INTERVAL=30", "2026-12-31 2027-01-01 2027-01-02")]
    [InlineData("FREQ=HOURLY", "2026-12-31 2027-01-01 2027-01-02")]
    [InlineData("FREQ=HOURLY;BYMONTH=1", "2026-01-31T22:00 2026-01-31T23:00 2027-01-01T00:00")]
    [InlineData("FREQ=HOURLY;BYHOUR=9,17", "2026-12-31T17:00 2027-01-01T09:00 2027-01-01T17:00")]
    [InlineData("FREQ=DAILY;BYHOUR=9,17", "2026-12-31T09:00 2026-12-31T17:00 2027-01-01T09:00")]
    [InlineData("FREQ=DAILY;BYHOUR=9,17", "2026-12-31 2027-01-01 2027-01-02")]
    [InlineData("FREQ=DAILY;BYHOUR=9,10;BYMINUTE=40", "2026-12-31T09:40 2026-12-31T10:40 2027-01-01T09:40")]
    // UNTIL is in UTC, or on the clock of the due date.
    [InlineData("FREQ=DAILY;UNTIL=20261231T230000Z", "2026-12-31T00:00:00+01:00 2027-01-01T00:00:00+01:00 |")]
    [InlineData("FREQ=DAILY;UNTIL=20261231T225959Z", "2026-12-31T00:00:00+01:00 |")]
    [InlineData("FREQ=DAILY;UNTIL=20270101T100000Z", "2026-12-31T00:00:00-10:00 2027-01-01T00:00:00-10:00 |")]
    [InlineData("FREQ=DAILY;UNTIL=20270101", "2026-12-31 2027-01-01 |")]
    [InlineData("FREQ=DAILY;UNTIL=20270101", "2026-12-31T18:00 2027-01-01T18:00 |")]
    [InlineData("FREQ=DAILY;UNTIL=20270101", "2026-12-31T18:00:00Z 2027-01-01T18:00:00Z |")]
    [InlineData("FREQ=DAILY;UNTIL=99991231T235959Z", "2026-12-31T18:00:00+14:00 2027-01-01T18:00:00+14:00")]
    [InlineData("FREQ=DAILY;UNTIL=99991231T235959Z", "2026-12-31T18:00:00-12:00 2027-01-01T18:00:00-12:00")]
    [InlineData("FREQ=DAILY;UNTIL=00010101T000000Z", "2026-12-31T18:00:00-12:00 |")]
    [InlineData("FREQ=DAILY;UNTIL=00010101", "2026-12-31 |")]
    // Further than the calendar.
    [InlineData("daily", "9999-12-30T20:00:00-12:00 |")]
    [InlineData("FREQ=DAILY;INTERVAL=2147483647", "2026-12-31 |")]
    [InlineData("FREQ=MONTHLY;INTERVAL=2147483647", "2026-12-31 |")]
    [InlineData("FREQ=YEARLY;INTERVAL=2147483647", "2026-12-31T18:00 |")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2147483647;BYDAY=MO", "2026-12-31T18:00 |")]
    [InlineData("FREQ=HOURLY;INTERVAL=2147483647", "2026-12-31T18:00 |")]
    [InlineData("FREQ=DAILY;COUNT=2147483647", "2026-12-31T18:00 2027-01-01T18:00")]
    public Task Keeps_the_clock_and_the_way_of_writing(string rule, string dates) => RecursAsync(rule, dates.Split(' '));

    [Theory]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=HOURLY;BYHOUR=9;BYMONTH=4;BYMONTHDAY=31")]
    [InlineData("FREQ=HOURLY;INTERVAL=2;BYHOUR=1")]
    [InlineData("FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=2")]
    [InlineData("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=366")]
    [InlineData("FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30;BYSETPOS=-366")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9,10;BYSETPOS=366")]
    [InlineData("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYSETPOS=366")]
    [InlineData("FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYSETPOS=366")]
    [InlineData("FREQ=HOURLY;BYMINUTE=0;BYSETPOS=366")]
    public async Task Completes_a_task_whose_rule_never_fits_again_at_once(string rule)
    {
        foreach (var due in new[] { "2026-12-24T18:00", "2026-12-24", "2026-12-24T18:00:00+02:00" })
        {
            var task = await CreateAsync(rule, due);
            var clock = Stopwatch.StartNew();

            var done = await CompleteAsync(task);

            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"{rule} from {due} took {clock.Elapsed}.");
            Assert.Null(done["next_task_id"]);
        }
    }

    [Theory]
    [InlineData("0001-01-01")]
    [InlineData("0001-01-01T00:00")]
    [InlineData("0001-01-01T12:00:00-12:00")]
    [InlineData("0001-01-01T14:00:00+14:00")]
    [InlineData("9999-12-30")]
    [InlineData("9999-12-31")]
    [InlineData("9999-12-31T23:59:59.9999999")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("9999-12-31T11:59:59-12:00")]
    public async Task Completes_a_task_at_the_ends_of_the_calendar(string due)
    {
        foreach (var rule in new[] { "daily", "weekly", "monthly", "yearly", "FREQ=HOURLY", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,FR", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;UNTIL=99991231" })
        {
            if (await NextAsync(await CompleteAsync(await CreateAsync(rule, due))) is { } next)
                Assert.True(string.CompareOrdinal(due, next.Text("due_date")) < 0, $"{rule} from {due} leads to {next.Text("due_date")}.");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("sometimes")]
    [InlineData("FREQ=")]
    [InlineData("FREQ=FORTNIGHTLY")]
    [InlineData("FREQ=SECONDLY")]
    [InlineData("FREQ=MINUTELY;INTERVAL=15")]
    [InlineData("INTERVAL=2")]
    [InlineData("DAILY;INTERVAL=2")]
    [InlineData("FREQ=DAILY;FREQ=WEEKLY")]
    [InlineData("FREQ=DAILY;INTERVAL=0")]
    [InlineData("FREQ=DAILY;INTERVAL=-1")]
    [InlineData("FREQ=DAILY;INTERVAL=x")]
    [InlineData("FREQ=DAILY;INTERVAL=99999999999999999999")]
    [InlineData("FREQ=DAILY;COUNT=0")]
    [InlineData("FREQ=DAILY;COUNT=-1")]
    [InlineData("FREQ=DAILY;COUNT=5;UNTIL=20261231")]
    [InlineData("FREQ=DAILY;UNTIL=tomorrow")]
    [InlineData("FREQ=DAILY;UNTIL=2026-12-31")]
    [InlineData("FREQ=DAILY;UNTIL=20261332")]
    [InlineData("FREQ=DAILY;UNTIL=")]
    [InlineData("FREQ=WEEKLY;BYDAY=XX")]
    [InlineData("FREQ=WEEKLY;BYDAY=")]
    [InlineData("FREQ=WEEKLY;WKST=XX")]
    [InlineData("FREQ=MONTHLY;BYDAY=0MO")]
    [InlineData("FREQ=YEARLY;BYDAY=54MO")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=0")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=32")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-32")]
    [InlineData("FREQ=YEARLY;BYMONTH=13")]
    [InlineData("FREQ=YEARLY;BYMONTH=0")]
    [InlineData("FREQ=YEARLY;BYYEARDAY=367")]
    [InlineData("FREQ=YEARLY;BYWEEKNO=54")]
    [InlineData("FREQ=DAILY;BYHOUR=24")]
    [InlineData("FREQ=DAILY;BYMINUTE=60")]
    [InlineData("FREQ=DAILY;BYSECOND=61")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367")]
    [InlineData("FREQ=DAILY;BYDAY=1MO")]
    [InlineData("FREQ=WEEKLY;BYDAY=1MO")]
    [InlineData("FREQ=YEARLY;BYDAY=-54MO")]
    [InlineData("FREQ=WEEKLY;BYMONTHDAY=13")]
    [InlineData("FREQ=MONTHLY;BYWEEKNO=20")]
    [InlineData("FREQ=MONTHLY;BYYEARDAY=1")]
    [InlineData("FREQ=DAILY;BYYEARDAY=1")]
    [InlineData("FREQ=YEARLY;BYDAY=1MO;BYSETPOS=")]
    [InlineData("FREQ=DAILY;BYSETPOS=1")]
    [InlineData("FREQ=DAILY;BYHOUR=9;BYMINUTE=0,20,40")]
    [InlineData("FREQ=HOURLY;BYSECOND=0,30")]
    [InlineData("FREQ=DAILY;BOGUS=1")]
    [InlineData("FREQ=DAILY;;")]
    [InlineData("FREQ=DAILY COUNT=2")]
    [InlineData("FREQ=DAILY\\nEXDATE:20261224")]
    [InlineData("FREQ=DAILY\\u0000")]
    [InlineData("RRULE:RRULE:FREQ=DAILY")]
    [InlineData("DTSTART:20261224\\nRRULE:FREQ=DAILY")]
    public async Task Refuses_a_rule_that_is_none(string rule)
    {
        foreach (var name in new[] { "recurrence", "recurrence_pattern", "recurring" })
        {
            var message = await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"t","{{name}}":"{{rule}}"}""").Refuses(name);

            Assert.StartsWith($"{name} must be daily, weekly, monthly, yearly or an RRULE", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Takes_a_rule_at_the_limit_and_refuses_a_longer_one()
    {
        const string rule = "FREQ=YEARLY;BYYEARDAY=";
        var limit = rule + string.Join(',', Enumerable.Range(100, 43)) + ",1,2,98";

        Assert.Equal(200, limit.Length);
        Assert.Equal(limit, (await CreateAsync(limit, null)).Text("recurrence"));
        await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"t","recurrence":"{{limit}},9"}""").Refuses("recurrence");
    }

    [Fact]
    public async Task Makes_the_next_task_like_the_one_that_is_completed()
    {
        var task = await PostAsync(
            """{"title":"Rent","description":"to Bob","priority":"high","due_date":"2026-01-31","tags":["Home","bank"],"category":"money","recurrence":"FREQ=MONTHLY;BYMONTHDAY=-1"}""");
        app.Tick();

        var done = await CompleteAsync(task);
        var next = await NextAsync(done);

        Assert.Equal(done.Text("updated_at"), done.Text("completed_at"));
        var expected = task.DeepClone().AsObject();
        (expected["id"], expected["due_date"]) = (done.Text("next_task_id"), "2026-02-28");
        (expected["created_at"], expected["updated_at"]) = (done.Text("updated_at"), done.Text("updated_at"));
        expected["revision"] = next!.Revision();
        Assert.Equal([2, 3], new[] { done.Revision(), next!.Revision() }.Order());
        Assert.Equal(expected.ToJsonString(), next!.ToJsonString());
        Assert.Equal(7, Guid.Parse(next.Id()).Version);
        Assert.Equal([next.Id(), task.Id()], (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Ids());
        Assert.Equal([next.Id()], (await app.As(_ann).Get($"/api/{_ann}/tasks?search=rent+bank&status=pending&due_from=2026-02-01&tags=home").IsList()).Ids());
    }

    [Theory]
    [InlineData("PATCH", "/complete", null)]
    [InlineData("PATCH", "/complete", """{"completed":true}""")]
    [InlineData("PUT", "", """{"completed":true}""")]
    [InlineData("PATCH", "", """{"completed":true}""")]
    [InlineData("PUT", "", """{"title":"New","completed":true,"due_date":"2026-12-24","recurrence":"daily"}""")]
    public async Task Makes_one_next_task_however_often_it_is_completed(string method, string action, string? body)
    {
        var task = await CreateAsync("daily", "2026-12-24");
        var url = $"/api/{_ann}/tasks/{task.Id()}";

        var done = await app.As(_ann).Send(method, url + action, body).Is(HttpStatusCode.OK);
        Assert.Equal("2026-12-25", (await NextAsync(done))!.Text("due_date"));
        if (body is not null)
            Assert.Equal(done.Text("next_task_id"), (await app.As(_ann).Send(method, url + action, body).Is(HttpStatusCode.OK)).Text("next_task_id"));

        foreach (var completed in new[] { "false", "true", "true", "false" })
        {
            var changed = await app.As(_ann).Put(url, $$"""{"completed":{{completed}}}""").Is(HttpStatusCode.OK);
            Assert.Equal(done.Text("next_task_id"), changed.Text("next_task_id"));
            Assert.Equal(completed == "true", changed["completed_at"] is not null);
        }

        foreach (var _ in Enumerable.Range(0, 4))
            await app.As(_ann).Patch($"{url}/complete").Is(HttpStatusCode.OK);

        Assert.Equal(2, (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Count);
    }

    [Fact]
    public async Task Makes_no_other_next_task_when_the_first_is_gone()
    {
        var task = await CreateAsync("daily", "2026-12-24");
        var done = await CompleteAsync(task);
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{done.Text("next_task_id")}").Is(HttpStatusCode.OK);

        await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);
        await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);

        Assert.Equal([task.Id()], (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Ids());
    }

    [Theory]
    [InlineData("PATCH", "/complete", """{"completed":true}""")]
    [InlineData("PUT", "", """{"completed":true}""")]
    public async Task Makes_one_next_task_for_requests_at_once(string method, string action, string body)
    {
        for (var round = 0; round < 5; round++)
        {
            var user = App.NewUser();
            var client = app.As(user);
            var task = await client.Post($"/api/{user}/tasks", """{"title":"t","due_date":"2026-12-24","recurrence":"daily"}""").Is(HttpStatusCode.Created);

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
                _ => client.Send(method, $"/api/{user}/tasks/{task.Id()}{action}", body).Is(HttpStatusCode.OK)));

            var next = Assert.Single(answers.Select(answer => answer.Text("next_task_id")).Distinct());
            Assert.Equal([next, task.Id()], (await client.Get($"/api/{user}/tasks").IsList()).Ids());
        }
    }

    [Fact]
    public async Task Makes_one_next_task_while_others_toggle_at_once()
    {
        var client = app.As(_ann);
        var task = await CreateAsync("daily", "2026-12-24");

        await Task.WhenAll(Enumerable.Range(0, 15).Select(_ => client.Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK)));

        var last = await client.Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        Assert.True(last["completed"]!.GetValue<bool>());
        Assert.Equal([last.Text("next_task_id"), task.Id()], (await client.Get($"/api/{_ann}/tasks").IsList()).Ids());
    }

    [Theory]
    [InlineData("""{"title":"t","recurrence":"daily"}""")]
    [InlineData("""{"title":"t","due_date":"2026-12-24"}""")]
    [InlineData("""{"title":"t"}""")]
    public async Task Makes_no_next_task_without_a_recurrence_and_a_due_date(string body)
    {
        var done = await CompleteAsync(await PostAsync(body));

        Assert.Null(done["next_task_id"]);
        Assert.Single(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
    }

    [Fact]
    public async Task Makes_the_next_task_of_one_that_is_completed_from_the_start()
    {
        var task = await PostAsync("""{"title":"t","due_date":"2026-12-24","recurrence":"daily","completed":true}""");

        Assert.Equal(task.Text("created_at"), task.Text("completed_at"));
        Assert.Equal("2026-12-25", (await NextAsync(task))!.Text("due_date"));
    }

    [Fact]
    public async Task Takes_the_due_date_and_the_rule_that_come_with_completion()
    {
        var task = await CreateAsync("daily", "2026-12-24");

        var done = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"completed":true,"due_date":"2027-01-31","recurrence":"weekly"}""").Is(HttpStatusCode.OK);

        Assert.Equal("2027-02-07", (await NextAsync(done))!.Text("due_date"));
    }

    [Fact]
    public async Task Counts_anew_when_the_rule_changes_and_not_when_it_is_sent_again()
    {
        var second = (await NextAsync(await CompleteAsync(await CreateAsync("FREQ=DAILY;COUNT=3", "2026-12-24"))))!;
        await app.As(_ann).Put($"/api/{_ann}/tasks/{second.Id()}", second.ToJsonString()).Is(HttpStatusCode.OK);
        var third = (await NextAsync(await CompleteAsync(second)))!;
        Assert.Equal("2026-12-26", third.Text("due_date"));

        var changed = await app.As(_ann).Put($"/api/{_ann}/tasks/{third.Id()}", """{"recurrence":"FREQ=DAILY;COUNT=2"}""").Is(HttpStatusCode.OK);
        var fourth = (await NextAsync(await CompleteAsync(changed)))!;

        Assert.Equal("2026-12-27", fourth.Text("due_date"));
        Assert.Null(await NextAsync(await CompleteAsync(fourth)));
    }

    private async Task RecursAsync(string rule, string[] dates)
    {
        var task = await CreateAsync(rule, dates[0]);
        var due = new List<string> { dates[0] };

        while (due.Count < dates.Length && task is not null)
        {
            task = await NextAsync(await CompleteAsync(task));
            due.Add(task?.Text("due_date") ?? "|");
        }

        Assert.Equal(dates, due);
    }

    private async Task<JsonObject> CreateAsync(string rule, string? due) =>
        await PostAsync(new JsonObject { ["title"] = "t", ["due_date"] = due, ["recurrence"] = rule }.ToJsonString());

    private Task<JsonObject> PostAsync(string json) => app.As(_ann).Post($"/api/{_ann}/tasks", json).Is(HttpStatusCode.Created);

    private Task<JsonObject> CompleteAsync(JsonObject task) => app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);

    private async Task<JsonObject?> NextAsync(JsonObject done) =>
        done["next_task_id"] is { } next ? await app.As(_ann).Get($"/api/{_ann}/tasks/{next}").Is(HttpStatusCode.OK) : null;
}
