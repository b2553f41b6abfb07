#include "record/duty.h"

#include "base/log.h"
#include "record/librarian.h"

#include <string.h>

void duty_init(struct duty *duty, struct library *library, void (*run)(struct library *library))
{
	duty->library = library;
	duty->run = run;
	atomic_init(&duty->waits, false);
}

static void run_duty(void *arg)
{
	struct duty *duty = arg;

	atomic_store(&duty->waits, false);
	duty->run(duty->library);
}

void duty_ask(struct duty *duty)
{
	struct library *library = duty->library;
	int r;

	if (atomic_load(&library->stopping) || !library->worker ||
	    atomic_exchange(&duty->waits, true))
		return;
	r = worker_submit(library->worker, run_duty, duty);
	if (r == 0)
		return;
	atomic_store(&duty->waits, false);
	if (!atomic_load(&library->stopping))
		log_warn("the library is late: %s", strerrordesc_np(-r));
}
