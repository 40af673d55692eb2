import { Text } from '@mantine/core';
import { Fragment } from 'react';

/** Names and values below each other. */
export const Facts = ({ facts }: { facts: readonly (readonly [string, string])[] }) => (
  <dl
    style={{
      display: 'grid',
      gridTemplateColumns: 'max-content 1fr',
      gap: '6px 20px',
      margin: 0,
    }}
  >
    {facts.map(([name, value]) => (
      <Fragment key={name}>
        <Text component="dt" size="sm" c="dimmed">
          {name}
        </Text>
        <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
          {value}
        </Text>
      </Fragment>
    ))}
  </dl>
);
