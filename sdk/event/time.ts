const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MINUTE = 60_000;

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/**
 * Reads an RFC 3339 time: unix ms (a finer fraction is cut), or undefined where it is none. Dates must exist. A second
 * of 60 is taken where leap seconds are put, at 23:59:60 UTC on June 30 or December 31, and read as the second after it.
 */
export const parseTime = (text: string): number | undefined => {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, yyyy, mm, dd, hh, min, ss, fraction, sign, offsetHh = "0", offsetMin = "0"] = match;
  const [year, month, day] = [Number(yyyy), Number(mm), Number(dd)];
  const [hour, minute, second] = [Number(hh), Number(min), Number(ss)];
  const [offsetHour, offsetMinute] = [Number(offsetHh), Number(offsetMin)];
  const days = (DAYS[month - 1] ?? 0) + (month === 2 && isLeapYear(year) ? 1 : 0);
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 60) return undefined;
  if (offsetHour > 23 || offsetMinute > 59) return undefined;
  const offset = (offsetHour * 60 + offsetMinute) * (sign === "-" ? -1 : 1);
  const utc = startOfDay(year, month, day) + (hour * 60 + minute - offset) * MINUTE;
  if (second === 60 && !endsHalfYear(utc)) return undefined;
  const milliseconds = fraction === undefined ? 0 : Number(`${fraction.slice(1, 4)}00`.slice(0, 3));
  return utc + second * 1000 + milliseconds;
};

/** Not Date.UTC alone: it reads the years 0 to 99 as 1900 to 1999. */
const startOfDay = (year: number, month: number, day: number): number =>
  year > 99 ? Date.UTC(year, month - 1, day) : new Date(0).setUTCFullYear(year, month - 1, day);

/** Whether a minute is the last of June or December. */
const endsHalfYear = (utc: number): boolean => {
  const after = new Date(utc + MINUTE);
  const starts = after.getUTCDate() === 1 && after.getUTCHours() === 0 && after.getUTCMinutes() === 0;
  return starts && (after.getUTCMonth() === 6 || after.getUTCMonth() === 0);
};
