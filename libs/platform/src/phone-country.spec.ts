import { countryOfNumber } from './phone-country';

describe('the country of a phone number', () => {
  it.each([
    ['905321234567', 'TR'],
    ['12025550123', 'US'],
    ['14165550123', 'CA'],
    ['18095551234', 'DO'],
    ['18295551234', 'DO'],
    ['18495551234', 'DO'],
    ['18765551234', 'JM'],
    ['16585551234', 'JM'],
    ['17875551234', 'PR'],
    ['19395551234', 'PR'],
    ['77012345678', 'KZ'],
    ['79161234567', 'RU'],
    ['447400123456', 'GB'],
    ['447911123456', 'GG'],
    ['5511912345678', 'BR'],
  ])('of %s is %s, the second time too', (digits, country) => {
    expect(countryOfNumber(digits)).toBe(country);
    expect(countryOfNumber(digits)).toBe(country);
  });

  it('is the United States for a number of North America that names none, and null for no number', () => {
    expect(countryOfNumber('15550100')).toBe('US');
    expect(countryOfNumber('9990000000')).toBeNull();
  });
});
