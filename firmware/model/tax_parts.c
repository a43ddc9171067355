#include "model/tax_parts.h"

enum tax_fault tax_parts_fit(int64_t total_minor, const struct tax_parts *parts)
{
	int64_t free_minor = parts->free_minor > 0 ? parts->free_minor : 0;

	if (free_minor > total_minor)
		return TAX_FREE_ABOVE_AMOUNT;
	return parts->vat_minor > total_minor - free_minor ? TAX_VAT_ABOVE_TAXED : TAX_FINE;
}

static int64_t free_after_taxed(int64_t amount_minor, int64_t taxed_left)
{
	return amount_minor > taxed_left ? amount_minor - taxed_left : 0;
}

enum tax_fault tax_parts_give_back(int64_t amount_minor, struct tax_parts *parts, int64_t left_minor, const struct tax_parts *left)
{
	bool bound = left->free_minor >= 0;
	int64_t taxed_left = left_minor - (bound ? left->free_minor : 0);
	enum tax_fault fault;

	if (parts->free_minor < 0)
		parts->free_minor = bound ? free_after_taxed(amount_minor, taxed_left) : 0;
	fault = tax_parts_fit(amount_minor, parts);
	if (fault != TAX_FINE)
		return fault;
	if (bound && parts->free_minor > left->free_minor)
		return TAX_FREE_ABOVE_LEFT;
	if (bound && amount_minor - parts->free_minor > taxed_left)
		return TAX_TAXED_ABOVE_LEFT;
	return left->vat_minor >= 0 && parts->vat_minor > left->vat_minor ? TAX_VAT_ABOVE_LEFT : TAX_FINE;
}
