/**
 * What all verbs share: options, the choice of a device, failures as one line for people, standard
 * output, the machine.
 *
 * <p>This room uses no other one.
 */
@NullMarked
package org.octothorpe.cli.common;

import org.jspecify.annotations.NullMarked;
