/** The {@code doctor} verb: what this machine has, and what is missing. */
@NullMarked
package org.octothorpe.cli.doctor;

import org.jspecify.annotations.NullMarked;
