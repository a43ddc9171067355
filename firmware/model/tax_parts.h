/* tax_parts.h: what of an amount is free of tax (면세), and what is VAT (부가세). What is said of a payment binds what is given back of it: the
 * gateway books both with the tax office, and a cancellation must not turn taxed money into free one. */
#ifndef MODEL_TAX_PARTS_H
#define MODEL_TAX_PARTS_H

#include <stdbool.h>
#include <stdint.h>

/* -1: not said; the gateway reckons it by its contract with the merchant. */
struct tax_parts { int64_t free_minor, vat_minor; };
enum { TAX_NOT_SAID = -1 };

enum tax_fault {
	TAX_FINE,
	TAX_FREE_ABOVE_AMOUNT, TAX_VAT_ABOVE_TAXED,     /* no parts of the amount, whatever is left */
	TAX_FREE_ABOVE_LEFT, TAX_TAXED_ABOVE_LEFT, TAX_VAT_ABOVE_LEFT,
};

/* Whether they are parts of total_minor: the part free of tax within it, the VAT within the rest. */
enum tax_fault tax_parts_fit(int64_t total_minor, const struct tax_parts *parts);
/* Whether amount_minor (at most left_minor) with these parts may be given back where left_minor is left, with its parts. A part free of tax that
 * is not said is filled in: what is taxed goes first; 0 when the payment did not say its own. VAT that is not said stays so. */
enum tax_fault tax_parts_give_back(int64_t amount_minor, struct tax_parts *parts, int64_t left_minor, const struct tax_parts *left);

#endif
