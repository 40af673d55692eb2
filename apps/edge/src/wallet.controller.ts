import { Body, Get, Headers, Inject, Post, Query } from '@nestjs/common';
import type { LedgerEntryRecord } from '@gateway/contracts';
import { CLOCK, RANDOM, uuidv7, type Clock, type Random } from '@gateway/platform';
import { AppError } from '@gateway/errors';
import { ApiHeader } from '@nestjs/swagger';
import { Answers } from './answers';
import type { MemberOfOrganization } from './domain/access';
import { toLedgerUsd } from './domain/micro-dollars';
import { Access, ManagementController, Member } from './management-api';
import { OwnersService } from './owners.service';
import { pageOf, type Page } from './paging';
import {
  BalanceDto,
  CouponDto,
  CouponQueryDto,
  EntriesQueryDto,
  EntryDto,
  TopUpDto,
} from './wallet.dto';

const MICRO_USD_PER_CENT = 10_000n;
const CENTS_PER_USD = 100;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

/** Money of an organization. */
@ManagementController('wallet', 'wallet')
export class WalletController {
  constructor(
    private readonly owners: OwnersService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  @Get('balance')
  @Access('wallet', { beforeOrganization: 'record' })
  @Answers({ summary: 'See the balance', data: BalanceDto, isNullable: true })
  async balance(@Member() { orgId }: MemberOfOrganization): Promise<BalanceDto | null> {
    const wallet = await this.owners.ask('billing', 'wallet.get', { orgId }, orgId);
    return wallet && { balance: toLedgerUsd(wallet.balanceMicroUsd), currency: 'USD' };
  }

  @Get('entries')
  @Access('wallet', { beforeOrganization: 'page' })
  @Answers({ summary: 'List the entries of the ledger', data: [EntryDto], paging: 'pages' })
  async entries(
    @Member() { orgId }: MemberOfOrganization,
    @Query() query: EntriesQueryDto,
  ): Promise<Page<EntryDto>> {
    const { pageNumber, pageSize, from = null, to = null, kind = null } = query;
    const request = { orgId, pageNumber, pageSize, from, to, kind };
    const found = await this.owners.ask('billing', 'wallet.entries', request, orgId);
    return pageOf(found.entries.map(entryDto), query, found.totalCount);
  }

  @Get('coupon/validate')
  @Access('wallet')
  @Answers({
    summary: 'See what a coupon makes of an amount',
    description: 'No coupons are given out at present: each code is unknown.',
    data: CouponDto,
  })
  validateCoupon(@Query() { amountUsd, couponCode }: CouponQueryDto): CouponDto {
    checkCoupon(couponCode);
    return { couponCode, chargeAmountUsd: toLedgerUsd(microUsdOf(amountUsd)) };
  }

  @Post('top-up')
  @Access('wallet')
  @ApiHeader({
    name: 'Idempotency-Key',
    description: 'Repeated with the same key and amount, nothing is paid twice.',
    required: false,
    schema: { type: 'string', maxLength: 128 },
  })
  @Answers({ summary: 'Top the wallet up', status: 201, data: EntryDto, codes: ['GW_007'] })
  async topUp(
    @Member() { orgId, userId }: MemberOfOrganization,
    @Body() { amountUsd, couponCode }: TopUpDto,
    @Headers('Idempotency-Key') key?: string,
  ): Promise<EntryDto> {
    if (typeof couponCode === 'string') checkCoupon(couponCode);
    if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
      throw badField('Idempotency-Key', 'must be 1 to 128 visible ASCII characters');
    }
    const request = {
      orgId,
      userId,
      amountMicroUsd: microUsdOf(amountUsd),
      idempotencyKey: key ?? uuidv7(this.clock.nowMs(), this.random),
    };
    return entryDto(await this.owners.ask('billing', 'wallet.top-up', request, orgId));
  }
}

/** None are given out at present, so that no code is one. */
function checkCoupon(couponCode: string): void {
  if (couponCode !== '') throw badField('couponCode', 'there is no such coupon');
}

const microUsdOf = (amountUsd: number): string =>
  String(BigInt(Math.round(amountUsd * CENTS_PER_USD)) * MICRO_USD_PER_CENT);

const badField = (path: string, reason: string): AppError =>
  new AppError('GW_003', { params: { fields: [{ path, reason }] } });

const entryDto = ({
  id,
  kind,
  amountMicroUsd,
  reason,
  createdAt,
}: LedgerEntryRecord): EntryDto => ({
  id,
  kind,
  amountUsd: toLedgerUsd(amountMicroUsd),
  reason,
  createdAt,
});
