import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Log lines are JSON and go to stderr; stdout is for people and pipes. What could be a secret is left out. */
export const createLogger = (level: LogLevel, stream?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ["headers.authorization", "*.token", "*.password", "authorization"],
    },
    stream ?? pino.destination({ dest: 2, sync: true }),
  );
