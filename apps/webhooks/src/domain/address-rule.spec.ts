import { AddressRule, isCidr } from './address-rule';

const DENIED =
  `10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 127.0.0.1 127.255.255.255 169.254.169.254 100.64.0.1
  100.127.255.254 100.100.100.200 0.0.0.0 0.1.2.3 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.3 198.18.0.1 198.19.255.255
  198.51.100.65 203.0.113.6 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 :: ::1 ::ffff:127.0.0.1
  ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:0:7f00:1 ::7f00:1 ::5efe:7f00:1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1
  100::1 100:0:0:1::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
  2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd7a:115c:a1e0::1 fe80::1 fe80::1%eth0
  febf:ffff::1 fec0::1 ff02::1 not-an-ip`.split(/\s+/);
const ALLOWED =
  `8.8.8.8 1.1.1.1 100.63.255.254 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255
  198.20.0.1 223.255.255.255 ::ffff:8.8.8.8 2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450:4001:80b::200e
  2620:fe::fe`.split(/\s+/);

const closed = new AddressRule({ allowLoopback: false, allowCidrs: [] });

describe('the address rule', () => {
  it.each(DENIED)('40: denies %s', (address) => {
    expect(closed.isDenied(address)).toBe(true);
  });

  it.each(ALLOWED)('allows %s', (address) => {
    expect(closed.isDenied(address)).toBe(false);
  });

  it.each(['', '2001:4860:4860::8888%eth0', '1.1.1', '0x7f.1', '8.8.8.8/8'])(
    'denies what is no plain address: %p',
    (text) => {
      expect(closed.isDenied(text)).toBe(true);
    },
  );

  it('opens the ranges of the operator, in both notations of IPv4, and nothing beside them', () => {
    const rule = new AddressRule({
      allowLoopback: false,
      allowCidrs: ['10.20.0.0/16', 'fd00:1::/32'],
    });
    for (const address of ['10.20.0.1', '10.20.255.255', '::ffff:10.20.3.4', 'fd00:1::5']) {
      expect([address, rule.isDenied(address)]).toEqual([address, false]);
    }
    for (const address of ['10.21.0.0', '10.19.255.255', '127.0.0.1', 'fd00:2::1', '::1']) {
      expect([address, rule.isDenied(address)]).toEqual([address, true]);
    }
  });

  it('opens the loopback range alone with the flag of the embedded profile', () => {
    const rule = new AddressRule({ allowLoopback: true, allowCidrs: [] });
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
      expect([address, rule.isDenied(address)]).toEqual([address, false]);
    }
    for (const address of ['10.0.0.1', '169.254.169.254', '0.0.0.0', '::', '192.168.0.1']) {
      expect([address, rule.isDenied(address)]).toEqual([address, true]);
    }
  });

  it('49: denies its own addresses, inside an opened range too, and its own ports on an open loopback range', () => {
    const rule = new AddressRule({
      allowLoopback: true,
      allowCidrs: ['10.0.0.0/8'],
      ownAddresses: ['10.1.2.3', '34.1.2.3', '127.0.0.1', 'fe80::1%eth0', '2a00:1450::5'],
      ownPorts: [3000, 9085],
    });
    for (const address of ['10.1.2.3', '34.1.2.3', '::ffff:34.1.2.3', '2a00:1450::5']) {
      expect([address, rule.isDenied(address, 443)]).toEqual([address, true]);
    }
    expect(rule.isDenied('127.0.0.1', 9085)).toBe(true);
    expect(rule.isDenied('127.0.0.1', 4000)).toBe(false);
    expect(rule.isDenied('10.1.2.4', 3000)).toBe(false);
  });

  it('knows a range from what is none', () => {
    expect(['10.0.0.0/8', '0.0.0.0/0', 'fd00::/8', '::1/128'].filter(isCidr)).toHaveLength(4);
    expect(
      [
        '10.0.0.0',
        '10.0.0.0/33',
        '10.0.0/8',
        'fd00::/129',
        'a/8',
        '10.0.0.0/8/8',
        'fe80::%eth0/64',
      ].filter(isCidr),
    ).toEqual([]);
    expect(() => new AddressRule({ allowLoopback: false, allowCidrs: ['10.0.0.0/99'] })).toThrow(
      RangeError,
    );
  });
});
