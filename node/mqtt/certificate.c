#include "mqtt/certificate.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define SYSTEM_CA_FILE "/etc/ssl/certs/ca-certificates.crt"

struct probe {
	const struct config_mqtt *config;
	int fd;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
};

/* The first that holds is the reason. */
static const struct {
	unsigned status;
	const char *text;
} verdicts[] = {
	{GNUTLS_CERT_EXPIRED, "TLS: its certificate has expired"},
	{GNUTLS_CERT_NOT_ACTIVATED,
         "TLS: its certificate is not valid yet: is this machine's clock right?"},
	{GNUTLS_CERT_SIGNER_NOT_FOUND,
         "TLS: its certificate is from an authority that is not trusted here (ca_file)"},
	{GNUTLS_CERT_REVOKED, "TLS: its certificate was revoked"},
	{GNUTLS_CERT_UNEXPECTED_OWNER, "TLS: its certificate is for another name"},
	{GNUTLS_CERT_INVALID, "TLS: its certificate is invalid"},
};

static int connect_to(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS && poll(&pollfd, 1, CERTIFICATE_TIMEOUT_MS) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
		return fd;
	close(fd);
	return -EHOSTUNREACH;
}

static int open_socket(const struct config_mqtt *config)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses;
	char port[8];
	int fd = -EHOSTUNREACH;

	snprintf(port, sizeof(port), "%d", config->port);
	if (getaddrinfo(config->host, port, &hints, &addresses) != 0)
		return -ENOENT;
	/* One is enough: to answer none of them the library has taken its time already. */
	fd = connect_to(addresses);
	freeaddrinfo(addresses);
	return fd;
}

static int set_up(struct probe *probe)
{
	const struct config_mqtt *config = probe->config;

	if (gnutls_certificate_allocate_credentials(&probe->credentials) < 0 ||
	    gnutls_init(&probe->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK) < 0)
		return -ENOMEM;
	gnutls_certificate_set_x509_trust_file(
		probe->credentials, config->ca_file[0] ? config->ca_file : SYSTEM_CA_FILE,
		GNUTLS_X509_FMT_PEM);
	if (config->cert_file[0])
		gnutls_certificate_set_x509_key_file(probe->credentials, config->cert_file,
		                                     config->key_file, GNUTLS_X509_FMT_PEM);
	gnutls_set_default_priority(probe->session);
	gnutls_server_name_set(probe->session, GNUTLS_NAME_DNS, config->host, strlen(config->host));
	gnutls_credentials_set(probe->session, GNUTLS_CRD_CERTIFICATE, probe->credentials);
	gnutls_transport_set_int(probe->session, probe->fd);
	gnutls_handshake_set_timeout(probe->session, CERTIFICATE_TIMEOUT_MS);
	return 0;
}

static void tear_down(struct probe *probe)
{
	if (probe->session)
		gnutls_deinit(probe->session);
	if (probe->credentials)
		gnutls_certificate_free_credentials(probe->credentials);
	if (probe->fd >= 0)
		close(probe->fd);
}

static int shake_hands(struct probe *probe)
{
	struct pollfd pollfd = {.fd = probe->fd};
	int result;

	while ((result = gnutls_handshake(probe->session)) < 0 && !gnutls_error_is_fatal(result)) {
		pollfd.events = gnutls_record_get_direction(probe->session) ? POLLOUT : POLLIN;
		if (poll(&pollfd, 1, CERTIFICATE_TIMEOUT_MS) <= 0)
			return GNUTLS_E_TIMEDOUT;
	}
	return result;
}

/* What speaks against the certificate; NULL: nothing. */
static const char *verdict(const struct probe *probe)
{
	unsigned status = 0;

	if (gnutls_certificate_verify_peers3(probe->session, probe->config->host, &status) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (status & verdicts[i].status)
			return verdicts[i].text;
	}
	if (!probe->config->cert_file[0] &&
	    gnutls_certificate_client_get_request_status(probe->session))
		return "TLS: it asks for a certificate of this node (cert_file, key_file)";
	return NULL;
}

static int judge(struct probe *probe, char *ret_text, size_t size)
{
	int result = shake_hands(probe);

	if (result < 0 && result != GNUTLS_E_CERTIFICATE_ERROR) {
		snprintf(ret_text, size, "TLS: no handshake (%s): is this its port for TLS?",
		         gnutls_strerror(result));
		return 0;
	}
	const char *text = verdict(probe);
	if (!text)
		return -EAGAIN;
	return str_copy(ret_text, size, text);
}

int certificate_judge(const struct config_mqtt *config, char *ret_text, size_t size)
{
	struct probe probe = {.config = config, .fd = open_socket(config)};
	int error = probe.fd < 0 ? -EAGAIN : set_up(&probe);

	if (error == 0)
		error = judge(&probe, ret_text, size);
	tear_down(&probe);
	return error < 0 ? -EAGAIN : 0;
}
