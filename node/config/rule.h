/*
 * What a text of the configuration has to be: rules of the option table, each with the same in
 * words. Pure; any thread.
 */
#ifndef CAMNODE_CONFIG_RULE_H
#define CAMNODE_CONFIG_RULE_H

#include "config/option.h"

extern const struct option_rule rule_id;
extern const struct option_rule rule_label;       /* a name for people, or of a user */
extern const struct option_rule rule_host;        /* a host name or address, no port */
extern const struct option_rule rule_bind;        /* an IP address of this machine */
extern const struct option_rule rule_http_host;   /* a Host header's value */
extern const struct option_rule rule_http_origin; /* an Origin header's value */
extern const struct option_rule rule_url;         /* http or https */
extern const struct option_rule rule_topic_prefix;
extern const struct option_rule rule_source;
extern const struct option_rule rule_time_of_day;
extern const struct option_rule rule_encoder; /* a name in libavcodec */
extern const struct option_rule rule_hash;    /* crypt(5) */
extern const struct option_rule rule_profile; /* a profile's name in node.yaml */

#endif
