/*
 * A node without cameras and its MQTT client. The test's thread is its control thread, or it runs
 * one.
 */
#ifndef CAMNODE_TESTS_MQTT_NODE_H
#define CAMNODE_TESTS_MQTT_NODE_H

#include "base/thread.h"
#include "mqtt/mqtt.h"

#include "broker.h"

struct node {
	char folder[32]; /* of recordings: there are none */
	struct config *config;
	size_t camera_count; /* as configured */
	struct control *control;
	struct mqtt *mqtt;
	pthread_t thread; /* of node_run() */
};

static inline struct config *make_config(const char *folder, int port, const char *mqtt_options)
{
	struct config *config = NULL;
	struct buf text, errors;

	buf_init(&text, 4096);
	buf_init(&errors, 4096);
	buf_printf(&text,
	           "node: {id: n, state_dir: %s}\nhttp: {enabled: false}\nrecord: {dir: %s}\n"
	           "cameras: [{id: c, source: pattern}]\n"
	           "mqtt: {port: %d, reconnect_max_s: 1%s}\n",
	           folder, folder, port, mqtt_options);
	assert_int_equal(config_parse("test", text.data, text.length, &config, &errors), 0);
	buf_finish(&text);
	buf_finish(&errors);
	return config;
}

/* Without its MQTT client. */
static inline void node_prepare(struct node *node, int port, const char *mqtt_options)
{
	*node = (struct node){.folder = "/tmp/camnode-test-XXXXXX"};
	assert_non_null(mkdtemp(node->folder));
	node->config = make_config(node->folder, port, mqtt_options);
	node->camera_count = node->config->camera_count;
	node->config->camera_count = 0;
	assert_int_equal(control_new(node->config, &node->control), 0);
	assert_int_equal(control_start(node->control), 0);
}

static inline void node_start(struct node *node, int port, const char *mqtt_options)
{
	node_prepare(node, port, mqtt_options);
	assert_int_equal(mqtt_start(node->control, &node->mqtt), 0);
}

static inline void node_free(struct node *node)
{
	char state_file[64];

	control_free(node->control);
	node->config->camera_count = node->camera_count;
	config_free(node->config);
	snprintf(state_file, sizeof(state_file), "%s/state.json", node->folder);
	unlink(state_file);
	rmdir(node->folder);
}

static inline void node_stop(struct node *node)
{
	control_stop(node->control);
	mqtt_stop(node->mqtt);
	node_free(node);
}

static inline void *node_loop(void *arg)
{
	struct node *node = arg;

	control_run(node->control, NULL, NULL);
	return NULL;
}

/* From here to node_rest() another thread is the control thread. */
static inline void node_run(struct node *node)
{
	assert_int_equal(thread_start(&node->thread, "control", node_loop, node), 0);
}

static inline void node_rest(struct node *node)
{
	control_quit(node->control);
	pthread_join(node->thread, NULL);
}

static inline bool node_is_connected(struct node *node)
{
	return control_broker_connected(node->control);
}

static inline void post(struct node *node, const char *suffix, enum topic_kind kind,
                        const char *text)
{
	char topic[TOPIC_SIZE];

	snprintf(topic, sizeof(topic), "camnode/n/%s", suffix);
	board_post(control_board(node->control), message_new(topic, kind, text, strlen(text)));
}

#endif
