import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { AccountsService } from './accounts.service';
import { UsageService } from './usage.service';
import { WalletService } from './wallet.service';

/** Commands of billing; each only reads, or does once what it does twice. */
@Controller()
export class BillingController {
  constructor(
    private readonly wallets: WalletService,
    private readonly accounts: AccountsService,
    private readonly usage: UsageService,
  ) {}

  @CommandHandler('billing', 'wallet.get')
  wallet({
    orgId,
  }: CommandRequest<'billing', 'wallet.get'>): Promise<CommandReply<'billing', 'wallet.get'>> {
    return this.wallets.wallet(orgId);
  }

  @CommandHandler('billing', 'wallet.open')
  async openWallet({ orgId }: CommandRequest<'billing', 'wallet.open'>): Promise<null> {
    await this.wallets.openWallet(orgId);
    return null;
  }

  @CommandHandler('billing', 'wallet.entries')
  entries(
    request: CommandRequest<'billing', 'wallet.entries'>,
  ): Promise<CommandReply<'billing', 'wallet.entries'>> {
    return this.accounts.entries(request);
  }

  @CommandHandler('billing', 'wallet.top-up')
  topUp(
    request: CommandRequest<'billing', 'wallet.top-up'>,
  ): Promise<CommandReply<'billing', 'wallet.top-up'>> {
    return this.accounts.topUp(request);
  }

  @CommandHandler('billing', 'account.get')
  async account({
    orgId,
  }: CommandRequest<'billing', 'account.get'>): Promise<CommandReply<'billing', 'account.get'>> {
    return this.accounts.account(orgId);
  }

  @CommandHandler('billing', 'account.put')
  putAccount({
    orgId,
    userId,
    account,
  }: CommandRequest<'billing', 'account.put'>): Promise<CommandReply<'billing', 'account.put'>> {
    return this.accounts.putAccount(orgId, userId, account);
  }

  @CommandHandler('billing', 'message.cost')
  messageCost({
    orgId,
    messageId,
  }: CommandRequest<'billing', 'message.cost'>): Promise<CommandReply<'billing', 'message.cost'>> {
    return this.wallets.messageCost(orgId, messageId);
  }

  @CommandHandler('billing', 'usage.by-period')
  usageByPeriod(
    request: CommandRequest<'billing', 'usage.by-period'>,
  ): Promise<CommandReply<'billing', 'usage.by-period'>> {
    return this.usage.byPeriod(request);
  }

  @CommandHandler('billing', 'usage.by-application')
  usageByApplication(
    request: CommandRequest<'billing', 'usage.by-application'>,
  ): Promise<CommandReply<'billing', 'usage.by-application'>> {
    return this.usage.byApplication(request);
  }
}
