import {
  Anchor,
  Button,
  NavLink,
  type AnchorProps,
  type ButtonProps,
  type NavLinkProps,
} from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

type Native<Own> = Own &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Own> & { ref?: Ref<HTMLAnchorElement> };

/** Mantine's components as links between pages. */
export const ButtonLink = createLink((props: Native<ButtonProps>) => (
  <Button component="a" {...props} />
));

export const AnchorLink = createLink((props: Native<AnchorProps>) => <Anchor {...props} />);

export const NavItem = createLink((props: Native<NavLinkProps>) => (
  <NavLink component="a" {...props} style={{ borderRadius: 'var(--mantine-radius-md)' }} />
));
