/* The node's id and name. */
#include "setup/core.h"

#include "base/cleanup.h"
#include "config/rule.h"

#include <string.h>

int setup_identity(struct setup *setup)
{
	const struct config_node *node = &setup->config->node;
	const struct question id = {"Id, in topics", "node-id", setup->given->node_id, node->id,
	                            &rule_id};
	const struct question name = {"Name, for people", "node-name", setup->given->node_name,
	                              node->name, &rule_label};

	if (setup->dialog.asks)
		dialog_say("\nThis node\n");
	int r = dialog_ask(&setup->dialog, &id, &setup->id);
	if (r == 0)
		r = dialog_ask(&setup->dialog, &name, &setup->name);
	if (r == 0 && strcmp(setup->id, node->id) != 0)
		r = edit_set(&setup->edit, "node.id", setup->id);
	if (r == 0 && strcmp(setup->name, node->name) != 0)
		r = edit_set(&setup->edit, "node.name", setup->name);
	return r;
}
