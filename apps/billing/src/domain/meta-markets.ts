/** Meta's regions, as its rate cards name them, for countries that have no row of their own. */
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  'North America': ['CA', 'US'],
  'Rest of Africa': [
    ...['AO', 'BF', 'BI', 'BJ', 'BW', 'CG', 'CI', 'CM', 'DZ', 'ER', 'ET', 'GA', 'GH', 'GM', 'GW'],
    ...['KE', 'LR', 'LS', 'LY', 'MA', 'MG', 'ML', 'MR', 'MW', 'MZ', 'NA', 'NE', 'NG', 'RW', 'SD'],
    ...['SL', 'SN', 'SO', 'SS', 'SZ', 'TD', 'TG', 'TN', 'TZ', 'UG', 'ZA', 'ZM', 'EG'],
  ],
  'Rest of Asia Pacific': [
    ...['AF', 'AU', 'BD', 'CN', 'HK', 'ID', 'IN', 'JP', 'KH', 'LA', 'LK', 'MN', 'MY', 'NP', 'NZ'],
    ...['PG', 'PH', 'PK', 'SG', 'TH', 'TJ', 'TM', 'TW', 'UZ', 'VN'],
  ],
  'Rest of Central & Eastern Europe': [
    ...['AL', 'AM', 'AZ', 'BG', 'BY', 'CZ', 'GE', 'GR', 'HR', 'HU', 'LT', 'LV', 'MD', 'MK', 'PL'],
    ...['RO', 'RS', 'RU', 'SI', 'SK', 'UA'],
  ],
  'Rest of Latin America': [
    ...['AR', 'BO', 'BR', 'CL', 'CO', 'CR', 'DO', 'EC', 'GT', 'HN', 'HT', 'JM', 'MX', 'NI', 'PA'],
    ...['PE', 'PR', 'PY', 'SV', 'UY', 'VE'],
  ],
  'Rest of Middle East': ['AE', 'BH', 'IL', 'IQ', 'JO', 'KW', 'LB', 'OM', 'QA', 'SA', 'TR', 'YE'],
  'Rest of Western Europe': [
    ...['AT', 'BE', 'CH', 'DE', 'DK', 'ES', 'FI', 'FR', 'GB', 'IE', 'IT', 'NL', 'NO', 'PT', 'SE'],
  ],
};

/** Meta goes by calling codes: territories that share one are where its country is. */
const CALLED_AS: ReadonlyMap<string, string> = new Map([
  ['AX', 'FI'],
  ['CC', 'AU'],
  ['CX', 'AU'],
  ['EH', 'MA'],
  ['GG', 'GB'],
  ['IM', 'GB'],
  ['JE', 'GB'],
  ['SJ', 'NO'],
  ['VA', 'IT'],
]);

const OTHER = 'Other';

const REGION_BY_COUNTRY: ReadonlyMap<string, string> = new Map(
  Object.entries(REGIONS).flatMap(([region, countries]) =>
    countries.map((country) => [country, region] as const),
  ),
);

/** Countries that Meta writes otherwise than Unicode does. */
const META_NAMES: ReadonlyMap<string, string> = new Map([
  ['TR', 'Turkey'],
  ['HK', 'Hong Kong'],
]);

const COUNTRY_NAMES = new Intl.DisplayNames(['en'], { type: 'region' });

/**
 * The rows of a rate card that can hold for a country, the one that names it before that of its region: which
 * countries have a row of their own is the card's to say.
 *
 * @param country ISO 3166, two capital letters
 */
export function marketsOf(country: string): string[] {
  const called = CALLED_AS.get(country) ?? country;
  const name = META_NAMES.get(called) ?? COUNTRY_NAMES.of(called) ?? called;
  return [name, REGION_BY_COUNTRY.get(called) ?? OTHER];
}
