import test from 'ava'
import { onTimescale, timescaleDatabase } from '../support/timescale-database.ts'
import { observationsContract } from './observations.contract.ts'

observationsContract(onTimescale(test), timescaleDatabase)
