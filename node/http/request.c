#include "http/request.h"

#include "base/clock.h"

struct request *request_new(struct server *server, struct MHD_Connection *connection,
                            struct conn *conn)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->server = server;
	request->connection = connection;
	request->conn = conn;
	buf_init(&request->body, COMMAND_MAX_PAYLOAD + 1);
	return request;
}

void request_free(struct request *request)
{
	if (!request)
		return;
	request_forget_answer(request);
	if (request->free_state)
		request->free_state(request->state);
	buf_finish(&request->body);
	free(request);
}

struct answer *request_ask(struct request *request)
{
	if (!request->answer) {
		request->answer = answer_new(request->server->park);
		request->give_up_us = clock_mono_us() + REQUEST_TIMEOUT_US;
	}
	return request->answer;
}

void request_forget_answer(struct request *request)
{
	answer_abandon(request->answer);
	request->answer = NULL;
}

bool request_awaits(struct request *request, const struct answer_result **ret_result)
{
	struct park *park = request->server->park;
	const struct park_group *group = answer_group(request->answer);

	for (;;) {
		uint64_t generation = park_generation(park, group);

		*ret_result = answer_result(request->answer);
		if (*ret_result || clock_mono_us() >= request->give_up_us || park_is_closed(park))
			return false;
		request->suspended = park_suspend(park, &request->parked, request->connection,
		                                  group, generation, request->give_up_us);
		if (request->suspended)
			return true;
	}
}

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}
