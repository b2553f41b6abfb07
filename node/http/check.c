#include "http/check.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/respond.h"

#include <errno.h>
#include <stdio.h>

struct job {
	struct server *server;
	struct credential credential;
	struct address address;
	struct answer *answer;
};

/* What others typed, as it may stand in the log between quotes. */
static void make_plain(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			*text = '?';
	}
}

/* The first failure of an address, then each time that they have doubled: guessing fills no log. */
static void log_failure(const struct job *job, unsigned failures)
{
	char address[ADDRESS_TEXT_SIZE], user[CREDENTIAL_USER_SIZE];

	if ((failures & (failures - 1)) != 0)
		return;
	address_format(&job->address, address);
	str_copy(user, sizeof(user), job->credential.user);
	make_plain(user);
	if (job->credential.bearer)
		log_warn("http: failed login from %s with a token (%u so far)", address, failures);
	else
		log_warn("http: failed login from %s as \"%s\" (%u so far)", address, user,
		         failures);
}

/* On the worker. */
static void run(void *arg)
{
	struct job *job = arg;
	struct server *server = job->server;
	int64_t now_us = clock_mono_us();
	struct answer_result result = {0};

	result.error = auth_check(server->auth, &job->credential, now_us, &result.role);
	if (result.error)
		log_failure(job, throttle_failed(server->throttle, &job->address,
		                                 job->credential.user, clock_mono_us()));
	else
		throttle_succeeded(server->throttle, &job->address, job->credential.user);
	answer_give(job->answer, &result);
	credential_wipe(&job->credential);
	free(job);
}

static void respond_later(struct request *request, int wait_s)
{
	char seconds[16];
	char *text = NULL;

	snprintf(seconds, sizeof(seconds), "%d", wait_s);
	if (asprintf(&text, "too many failed logins; try again in %d s\n", wait_s) < 0)
		text = NULL;
	respond_body_with(request, MHD_HTTP_TOO_MANY_REQUESTS, "text/plain", text,
	                  MHD_HTTP_HEADER_RETRY_AFTER, seconds);
}

/* Hands the credential to the worker: false after having answered. */
static bool start(struct request *request, const struct credential *credential)
{
	struct server *server = request->server;
	const struct address *address = conn_address(request->conn);
	int wait_s = throttle_wait_s(server->throttle, address, credential->user, clock_mono_us());
	struct answer *answer;
	struct job *job;

	if (wait_s > 0) {
		respond_later(request, wait_s);
		return false;
	}
	answer = request_ask(request);
	job = answer ? malloc(sizeof(*job)) : NULL;
	if (!job) {
		respond_no_memory(request);
		return false;
	}
	*job = (struct job){server, *credential, *address, answer_ref(answer)};
	if (worker_submit(server->worker, run, job) < 0) {
		answer_unref(answer);
		credential_wipe(&job->credential);
		free(job);
		respond_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "too many logins wait");
		return false;
	}
	return true;
}

enum check check_credential(struct request *request, const struct credential *credential,
                            enum config_role *ret_role)
{
	const struct answer_result *result;
	enum check check;

	if (!request->answer) {
		if (auth_recall(request->server->auth, credential, clock_mono_us(), ret_role) == 0)
			return CHECK_RIGHT;
		if (!start(request, credential))
			return CHECK_ANSWERED;
	}
	if (request_awaits(request, &result))
		return CHECK_WAITING;
	if (!result) {
		respond_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "the login takes too long");
		return CHECK_ANSWERED;
	}
	check = result->error ? CHECK_WRONG : CHECK_RIGHT;
	if (check == CHECK_RIGHT)
		*ret_role = result->role;
	request_forget_answer(request);
	return check;
}
