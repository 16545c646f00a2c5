import { useI18n } from 'vue-i18n';

/** Writes moments of the gateway as readers of the page's language expect them. */
export function useDates(): { day: (moment: string) => string; time: (moment: string) => string } {
  const { locale } = useI18n();
  const format = (moment: string, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale.value, options).format(new Date(moment));
  return {
    day: (moment) => format(moment, { dateStyle: 'long' }),
    time: (moment) => format(moment, { dateStyle: 'medium', timeStyle: 'short' }),
  };
}
