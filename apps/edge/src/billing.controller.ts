import { Body, Get, Put } from '@nestjs/common';
import { Answers } from './answers';
import type { MemberOfOrganization } from './domain/access';
import { Access, ManagementController, Member } from './management-api';
import { OwnersService } from './owners.service';
import { InvoiceDto, PaymentMethodDto } from './billing.dto';
import { BillingAccountDto } from './wallet.dto';

/** Who is invoiced, and how it is paid. */
@ManagementController('billing', 'wallet')
export class BillingController {
  constructor(private readonly owners: OwnersService) {}

  @Get('account')
  @Access('invoices', { beforeOrganization: 'record' })
  @Answers({ summary: 'See who is invoiced', data: BillingAccountDto, isNullable: true })
  account(@Member() { orgId }: MemberOfOrganization): Promise<BillingAccountDto | null> {
    return this.owners.ask('billing', 'account.get', { orgId }, orgId);
  }

  @Put('account')
  @Access('invoices')
  @Answers({ summary: 'Say who is invoiced', data: BillingAccountDto })
  putAccount(
    @Member() { orgId, userId }: MemberOfOrganization,
    @Body() account: BillingAccountDto,
  ): Promise<BillingAccountDto> {
    const { additionalNote = null, city = null, country = null } = account;
    const { legalAddress, taxNumber, taxOffice, companyName } = account;
    const { companyLegalTitle, vatNumber } = account;
    const company = { companyName, companyLegalTitle, vatNumber };
    const details = {
      legalAddress,
      taxNumber,
      taxOffice,
      ...company,
      additionalNote,
      city,
      country,
    };
    return this.owners.ask('billing', 'account.put', { orgId, userId, account: details }, orgId);
  }

  /** Payments are taken one by one, so that no card is kept. */
  @Get('payment-method')
  @Access('invoices', { beforeOrganization: 'record' })
  @Answers({ summary: 'See how top-ups are paid', data: PaymentMethodDto, isNullable: true })
  paymentMethod(): Promise<PaymentMethodDto | null> {
    return Promise.resolve(null);
  }

  /** Prepaid: what was paid stands in the entries of the wallet, and no invoice is made yet. */
  @Get('invoices')
  @Access('invoices', { beforeOrganization: 'list' })
  @Answers({ summary: 'List invoices', data: [InvoiceDto] })
  invoices(): Promise<InvoiceDto[]> {
    return Promise.resolve([]);
  }
}
