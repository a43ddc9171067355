# What merchants read, served by nginx: openapi.json, the reference page, a page for each problem.
WEB_SOURCES := web-admin/openapi.yaml web-admin/problems.yaml web-admin/make_docs.py

programs: $(B)/share/web/openapi.json
$(B)/share/web/openapi.json: $(WEB_SOURCES)
	@$(PYTHON) web-admin/make_docs.py --source web-admin --out $(B)/share/web

.PHONY: docs-codes
docs-codes:
	@$(PYTHON) web-admin/make_docs.py --source web-admin --codes-in docs/merchants.md
docs: docs-codes
